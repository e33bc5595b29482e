using System.Management.Automation;
using System.Management.Automation.Language;

namespace BackupCopy.PowerShell.Arguments;

/// <summary>
/// Takes a credential, or a user name to ask the password of; null is "not given", for which PowerShell's own
/// attribute would ask.
/// </summary>
public sealed class CredentialOrNullAttribute : ArgumentTransformationAttribute
{
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        ArgumentText.Unwrapped(inputData) is null or NullString
            ? null : new CredentialAttribute().Transform(engineIntrinsics, inputData!);
}
