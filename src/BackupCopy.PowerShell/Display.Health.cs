using System.Globalization;
using BackupCopy.Health;
using BackupCopy.Reporting;

namespace BackupCopy.PowerShell;

/// <content>What health checks found and verified.</content>
public static partial class Display
{
    /// <summary>What became of a finding, coloured where it asks for attention.</summary>
    public static string State(HealthFindingState state) => state switch
    {
        HealthFindingState.Found => Coloured(33, state),
        HealthFindingState.Left => Coloured(31, state),
        HealthFindingState.Healed => Coloured(32, state),
        _ => state.ToString(),
    };

    /// <summary>The state of a restore point, and that some of its blocks are known to be damaged.</summary>
    public static string State(RestorePointInfo point) => point.DamagedBlockCount == 0
        ? point.State.ToString() : $"{point.State}, {point.DamagedBlockCount} damaged";

    /// <summary>When a restore point was verified last, and how deep; never, or nothing known.</summary>
    public static string Verified(RestorePointInfo point) => point.VerifiedTime is { } time
        ? string.Create(CultureInfo.InvariantCulture, $"{time:yyyy-MM-dd HH:mm:ss} ({point.VerifiedDepth})")
        : "never";

    /// <summary>Sequences of restore points in one cell, runs of them as first-last.</summary>
    public static string Sequences(IReadOnlyList<long> sequences)
    {
        var parts = new List<string>();
        for (var i = 0; i < sequences.Count;)
        {
            var last = i;
            while (last + 1 < sequences.Count && sequences[last + 1] == sequences[last] + 1)
            {
                last++;
            }

            parts.Add((last - i) switch
            {
                0 => $"{sequences[i]}",
                1 => $"{sequences[i]}, {sequences[last]}",
                _ => $"{sequences[i]}-{sequences[last]}",
            });
            i = last + 1;
        }

        return string.Join(", ", parts);
    }
}
