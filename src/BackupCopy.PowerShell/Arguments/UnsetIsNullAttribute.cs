using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace BackupCopy.PowerShell.Arguments;

/// <summary>
/// Takes null for "not given": PowerShell makes an empty text of it, and an unset variable would then remove
/// what an empty text removes.
/// </summary>
public sealed class UnsetIsNullAttribute : ArgumentTransformationAttribute
{
    /// <summary>The parameter takes a list.</summary>
    public bool IsList { get; init; }

    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = ArgumentText.Unwrapped(inputData);
        if (value is IList { Count: > 0 } things)
        {
            var given = things.Cast<object?>().Where(thing => thing is not (null or NullString)).ToArray();
            return given.Length > 0 ? given : null;
        }

        return value is not (null or NullString) ? inputData : IsList ? null : NullString.Value;
    }
}
