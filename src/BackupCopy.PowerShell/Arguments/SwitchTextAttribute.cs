using System.Management.Automation;

namespace BackupCopy.PowerShell.Arguments;

/// <summary>Lets a switch take the texts that a table holds for it; an empty one is off.</summary>
public sealed class SwitchTextAttribute : ArgumentTransformationAttribute
{
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        ArgumentText.Unwrapped(inputData) switch
        {
            "" => false,
            string text when bool.TryParse(text, out var isOn) => isOn,
            _ => inputData,
        };
}
