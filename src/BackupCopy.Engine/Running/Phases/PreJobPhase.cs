using BackupCopy.Jobs;
using BackupCopy.Running.Scripts;

namespace BackupCopy.Running.Phases;

/// <summary>
/// Runs the script before the job. What one that fails means is the job's to say: the end of the session, a
/// warning, nothing, or what its exit code says.
/// </summary>
internal static class PreJobPhase
{
    public static async Task<PhaseEvent> RunAsync(PhaseContext context, CancellationToken cancellation)
    {
        var script = SessionScript.Before(context);
        if (script.WhyNot() is { } reason)
        {
            context.Session.Say(reason);
            return new PhaseEvent.ScriptDone();
        }

        context.Session.IsPreScriptBegun = true;
        var action = context.Job.Scripts.OnPreFailure;
        var (exitCode, failure) = await script.RunAsync(
            result: null, code => PreScriptVerdict.Of(action, code).Level, cancellation);
        var verdict = PreScriptVerdict.Of(action, exitCode);
        if (failure is not null)
        {
            Tell(context, verdict, failure);
        }

        return verdict.Runs ? new PhaseEvent.ScriptDone() : new PhaseEvent.RunSkipped();
    }

    private static void Tell(PhaseContext context, PreScriptVerdict verdict, BackupCopyException failure)
    {
        const string nothing = "Nothing was copied, as the script before the job wanted it.";
        switch (verdict)
        {
            case { Runs: false, Level: EventLevel.Error }:
                throw new BackupCopyException(
                    failure.Code, $"Nothing was copied. {failure.Message}", failure.Remedy, failure);
            case { Level: EventLevel.Error }:
                context.Options.Fail?.Invoke(null, failure);
                context.Session.Blame(SessionResult.Failed, $"{failure.Code}: {failure.Message}");
                break;
            case { Level: EventLevel.Warning }:
                var warning = verdict.Runs ? failure.Message : $"{nothing} {failure.Message}";
                context.Options.Warn?.Invoke($"{warning} {failure.Remedy}");
                context.Session.Blame(SessionResult.Warning, warning);
                break;
            case { Runs: false }:
                context.Session.Blame(SessionResult.None, nothing);
                break;
        }
    }
}
