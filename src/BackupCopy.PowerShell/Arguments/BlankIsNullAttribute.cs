using System.Management.Automation;

namespace BackupCopy.PowerShell.Arguments;

/// <summary>Takes an empty text, such as the empty cell of a table, for "not given".</summary>
public sealed class BlankIsNullAttribute : ArgumentTransformationAttribute
{
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        ArgumentText.Unwrapped(inputData) is "" ? null : inputData;
}
