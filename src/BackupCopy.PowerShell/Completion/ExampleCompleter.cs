using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace BackupCopy.PowerShell.Completion;

/// <summary>Offers usual values of a parameter that takes any value of its kind.</summary>
public abstract class ExampleCompleter : IArgumentCompleter
{
    private readonly string[] _examples;

    private protected ExampleCompleter(params string[] examples) => _examples = examples;

    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst,
        IDictionary fakeBoundParameters) =>
        _examples
            .Where(value => value.StartsWith(
                (wordToComplete ?? "").Trim('\'', '"'), StringComparison.OrdinalIgnoreCase))
            .Select(value => new CompletionResult(
                value.AsSpan().IndexOfAny(' ', ',', '{') >= 0 ? $"'{value}'" : value, value,
                CompletionResultType.ParameterValue, value));
}

/// <summary>Usual durations.</summary>
public sealed class DurationCompleter() : ExampleCompleter("15m", "1h", "4h", "12h", "1d", "7d");

/// <summary>Usual rates.</summary>
public sealed class RateCompleter() : ExampleCompleter("10MB/s", "50MB/s", "100MB/s", "100Mbit/s", "1Gbit/s");

/// <summary>The block sizes that a repository can have.</summary>
public sealed class BlockSizeCompleter() : ExampleCompleter("256KB", "512KB", "1MB", "4MB");

/// <summary>Usual parts of a chain.</summary>
public sealed class PercentCompleter() : ExampleCompleter("5", "10", "15", "25", "50");

/// <summary>Usual times for which an image has stood still.</summary>
public sealed class SettleTimeCompleter() : ExampleCompleter("0s", "10s", "30s", "2m", "10m");

/// <summary>Usual names of images.</summary>
public sealed class ImagePatternCompleter() : ExampleCompleter(
    "{machine}-{yyyy-MM-dd}.{ext}", "{machine}/{yyyy-MM-dd_HHmm}.{ext}",
    "{machine}/{yyyy-MM-dd}/{disk}.{ext}", "{job}/{machine}-{yyyyMMdd-HHmmss}.{ext}");
