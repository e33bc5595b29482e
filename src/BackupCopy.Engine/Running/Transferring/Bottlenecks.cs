using BackupCopy.Copying;
using BackupCopy.Jobs;

namespace BackupCopy.Running.Transferring;

/// <summary>What a copy's workers spent most of their time with.</summary>
internal static class Bottlenecks
{
    public static Bottleneck Of(CopyProgress copy)
    {
        var stage = Enum.GetValues<CopyStage>().MaxBy(copy.TicksOf);
        return copy.TicksOf(stage) == 0 ? Bottleneck.None : stage switch
        {
            CopyStage.Source => Bottleneck.Source,
            CopyStage.Cpu => Bottleneck.Cpu,
            CopyStage.Target => Bottleneck.Target,
            _ => Bottleneck.Limit,
        };
    }
}
