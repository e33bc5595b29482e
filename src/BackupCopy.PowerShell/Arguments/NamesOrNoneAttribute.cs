using System.Collections;
using System.Management.Automation;

namespace BackupCopy.PowerShell.Arguments;

/// <summary>
/// Refuses null and empty names, and takes an empty list: an object of the pipeline may hold one.
/// </summary>
public sealed class NamesOrNoneAttribute : ValidateArgumentsAttribute
{
    protected override void Validate(object? arguments, EngineIntrinsics engineIntrinsics)
    {
        var names = arguments is IList list ? list.Cast<object?>() : [arguments];
        if (names.Any(name => name is null or ""))
        {
            throw new ValidationMetadataException(
                "A name cannot be null or empty. Give a name or a pattern.");
        }
    }
}
