using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace BackupCopy.Running.Delivery;

/// <summary>Which servers are believed: those of the system, and of roots that the engine adds.</summary>
internal static class ServerTrust
{
    /// <summary>Null leaves the decision to the system.</summary>
    public static RemoteCertificateValidationCallback? Of(Engine engine) =>
        engine.TrustedRoots.Count == 0 ? null : (_, certificate, _, errors) =>
            errors == SslPolicyErrors.None
            || (errors == SslPolicyErrors.RemoteCertificateChainErrors
                && certificate is X509Certificate2 server && LeadsTo(engine.TrustedRoots, server));

    private static bool LeadsTo(X509Certificate2Collection roots, X509Certificate2 server)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(server);
    }
}
