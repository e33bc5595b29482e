using System.Collections;
using System.Management.Automation;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell.Arguments;

/// <summary>
/// Keeps PowerShell from making restore points of the module's other objects by the properties that both
/// have: those that the pipeline brings are left to other parameters.
/// </summary>
public sealed class PointOnlyAttribute : ArgumentTransformationAttribute
{
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var things = ArgumentText.Unwrapped(inputData) is IList list ? list : new[] { inputData };
        foreach (var thing in things)
        {
            if (NameOfAttribute.TypeOf(thing) is { } type && type != nameof(RestorePointInfo))
            {
                throw NameOfAttribute.Unbound($"A {type} is no restore point.");
            }
        }

        return inputData;
    }
}
