using BackupCopy.Jobs;
using Microsoft.Extensions.Logging;

namespace BackupCopy.Running.Logging;

/// <content>What is told of the health and the order of copies.</content>
internal static partial class Log
{
    [LoggerMessage(EventId = (int)SessionEventId.HealthChecked, Message = "{Text}")]
    private static partial void HealthChecked(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.DamageFound, Message = "{Text}")]
    private static partial void DamageFound(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.DamageHealed, Message = "{Text}")]
    private static partial void DamageHealed(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.DamageLeft, Message = "{Text}")]
    private static partial void DamageLeft(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.PointSetAside, Message = "{Text}")]
    private static partial void PointSetAside(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.RepositoryWentBack, Message = "{Text}")]
    private static partial void RepositoryWentBack(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.HealthCheckFailed, Message = "{Text}")]
    private static partial void HealthCheckFailed(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.ChainCompacted, Message = "{Text}")]
    private static partial void ChainCompacted(ILogger log, LogLevel level, string text);

    [LoggerMessage(EventId = (int)SessionEventId.CompactingFailed, Message = "{Text}")]
    private static partial void CompactingFailed(ILogger log, LogLevel level, string text);
}
