using System.Net;
using BackupCopy.Catalog;
using BackupCopy.Inventory;
using BackupCopy.Jobs;
using BackupCopy.Running;
using BackupCopy.Running.Delivery;
using BackupCopy.Storage;
using BackupCopy.Tests.Storage;
using Microsoft.Extensions.Time.Testing;

namespace BackupCopy.Tests.Running.Delivery;

/// <summary>
/// A catalog with a job, a mail server that the engine trusts, and a clock that tests move.
/// </summary>
internal sealed class DeliveryLab : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <param name="server">Null for one that speaks STARTTLS and wants a password.</param>
    public DeliveryLab(SmtpTestServer? server = null)
    {
        Server = (server ?? new SmtpTestServer { Certificate = TestCertificate.For("localhost") }).Start();
        Engine = NewEngine();
        Job = new JobDefinition
        {
            Id = Identity.OfMachine("job Nightly"),
            Name = "Nightly",
            TargetRepositoryId = Repository("Offsite"),
            SourceRepositoryIds = [Repository("Primary")],
            CreatedUtc = ReportSamples.StartUtc,
        };
        Engine.Catalog.AddJob(Job);
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(ReportSamples.StartUtc.AddMinutes(15)));
    public SmtpTestServer Server { get; }
    public Engine Engine { get; }
    public JobDefinition Job { get; private set; }
    public string Folder => _folder.Path;
    public IReadOnlyList<OutboxItem> Queue => Engine.Catalog.Outbox();

    /// <summary>Mail by the lab's server, protected by STARTTLS and a password.</summary>
    public DeliveryLab WithMail(SettingsChanges? more = null)
    {
        Engine.Settings.Update(new SettingsChanges
        {
            SmtpServer = "localhost",
            SmtpPort = Server.Port,
            Tls = MailTls.StartTls,
            Credential = new NetworkCredential(SmtpTestServer.User, SmtpTestServer.Password),
            From = "backup@example.com",
            To = ["admin@example.com", "boss@example.com"],
        });
        if (more is not null)
        {
            Engine.Settings.Update(more);
        }

        return this;
    }

    /// <summary>Another process's engine on the same catalog.</summary>
    public Engine NewEngine()
    {
        var engine = new Engine(new CatalogStore(_folder["catalog.db"]), LocalStorage.Instance, Clock);
        if (Server.Certificate is { } certificate)
        {
            engine.TrustedRoots.Add(certificate);
        }

        return engine;
    }

    public void Reports(JobReports reports)
    {
        Job = Job with { Reports = reports };
        Engine.Catalog.UpdateJob(Job.Id, job => job with { Reports = reports });
    }

    /// <summary>Stores a session of the job that ended now, a second after everything before.</summary>
    public SessionRecord Session(SessionResult result = SessionResult.Success)
    {
        Clock.Advance(TimeSpan.FromSeconds(1));
        var now = Clock.GetUtcNow().UtcDateTime;
        var session = ReportSamples.AllWell with
        {
            Id = Guid.NewGuid(),
            Result = result,
            StartUtc = now.AddMinutes(-15),
            EndUtc = now,
        };
        Engine.Catalog.SaveSession(session);
        return session;
    }

    /// <summary>A session ends now, and its report goes its way.</summary>
    public Task<SessionRecord> EndSessionAsync(
        SessionResult result = SessionResult.Success, CancellationToken cancellation = default) =>
        ReportDelivery.AfterSessionAsync(Engine, Job, Session(result), cancellation);

    public Task SendQueuedAsync(TimeSpan after)
    {
        Clock.Advance(after);
        return ReportDelivery.SendQueuedAsync(Engine, default);
    }

    private Guid Repository(string name)
    {
        var id = Guid.NewGuid();
        Engine.Catalog.AddRepository(new RepositoryDefinition
        {
            Id = id,
            Name = name,
            Path = _folder[name],
            AddedUtc = ReportSamples.StartUtc,
        });
        return id;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }
}
