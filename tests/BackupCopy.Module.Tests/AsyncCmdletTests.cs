using System.Diagnostics;
using System.Management.Automation;
using BackupCopy.ModuleTests.Fixtures;

namespace BackupCopy.ModuleTests;

public sealed class AsyncCmdletTests : IClassFixture<HostedModule>
{
    private readonly HostedModule _hosted;

    public AsyncCmdletTests(HostedModule hosted) => _hosted = hosted;

    [Fact]
    public void Results_and_warnings_arrive_in_order_through_a_queue_shorter_than_they_are()
    {
        var result = Probe("Test-Probe $args[0]", async (probe, _) =>
        {
            for (var i = 0; i < 1000; i++)
            {
                await probe.Emit(i);
                await probe.Warn($"{i}");
            }
        });

        Assert.Empty(result.Errors);
        Assert.Equal(Enumerable.Range(0, 1000), result.Output.Select(number => (int)number.BaseObject));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}"), result.Warnings);
    }

    [Fact]
    public async Task A_stop_returns_only_after_the_work_has_let_go()
    {
        var started = new TaskCompletionSource();
        var letGo = false;
        using var powershell = _hosted.Create("Test-Probe $args[0]", Work(async (probe, cancellationToken) =>
        {
            started.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                for (var i = 0; i < 200; i++)
                {
                    await probe.Warn("said while the pipeline is gone");
                }

                letGo = true;
            }
        }));

        var running = powershell.InvokeAsync();
        await started.Task.WaitAsync(TestContext.Current.CancellationToken);
        await powershell.StopAsync(null, null);

        Assert.True(letGo);
        await Assert.ThrowsAnyAsync<PipelineStoppedException>(() => running);
    }

    [Fact]
    public void A_later_cmdlet_that_fails_cancels_the_work_and_its_error_wins()
    {
        var cancelled = false;
        var result = Probe("Test-Probe $args[0] | ForEach-Object { throw 'later' }", async (probe, token) =>
        {
            await probe.Emit(1);
            cancelled = await Task.Delay(Timeout.Infinite, token).ContinueWith(delay => delay.IsCanceled);
            token.ThrowIfCancellationRequested();
        });

        Assert.True(cancelled);
        Assert.Equal("later", Assert.Single(result.Errors).Exception.Message);
    }

    [Fact]
    public void A_cmdlet_that_has_seen_enough_ends_the_work()
    {
        var result = Probe(
            "$first = $null; foreach ($i in 1) { Test-Probe $args[0] | ForEach-Object { $_; break } }",
            async (probe, token) =>
            {
                await probe.Emit(1);
                await Task.Delay(Timeout.Infinite, token);
            });

        Assert.Empty(result.Errors);
        Assert.Single(result.Output);
    }

    [Fact]
    public void An_error_of_the_engine_fails_its_input_and_not_the_next()
    {
        var result = Probe("1, 2, 3 | Test-Probe $args[0]", async (probe, _) =>
        {
            if (probe.Value is 2 or PSObject { BaseObject: 2 })
            {
                throw new BackupCopyException(ErrorCode.TargetFull, "It is full.", "Make room.");
            }

            await probe.Emit(probe.Value!);
        });

        Assert.Equal([1, 3], result.Output.Select(number => (int)number.BaseObject));
        var error = Assert.Single(result.Errors);
        Assert.Equal("TargetFull", error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(ErrorCategory.ResourceUnavailable, error.CategoryInfo.Category);
        Assert.Equal("It is full.", error.Exception.Message);
        Assert.Equal("Make room.", error.ErrorDetails.RecommendedAction);
    }

    [Fact]
    public void Every_code_of_the_engine_has_a_category()
    {
        var result = Probe("Test-Probe $args[0]", async (probe, _) =>
        {
            foreach (var code in Enum.GetValues<ErrorCode>())
            {
                await probe.Fail(new BackupCopyException(code, "What happened.", "What to do."));
            }
        });

        var ids = result.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(Enum.GetNames<ErrorCode>(), ids);
        var categories = result.Errors.Select(error => error.CategoryInfo.Category);
        Assert.DoesNotContain(ErrorCategory.NotSpecified, categories);
    }

    [Fact]
    public void An_error_that_has_to_stop_stops_the_work()
    {
        var result = Probe("Test-Probe $args[0] -ErrorAction Stop; 'not reached'", async (probe, token) =>
        {
            await probe.Fail(new BackupCopyException(ErrorCode.TargetFull, "It is full.", "Make room."));
            await Task.Delay(Timeout.Infinite, token);
        });

        Assert.Empty(result.Output);
        Assert.Contains(result.Errors, error => error.Exception.Message.Contains("It is full."));
    }

    [Theory]
    [InlineData("-Confirm:$false", true)]
    [InlineData("-WhatIf", false)]
    public void A_question_is_answered_on_the_pipelines_thread(string parameter, bool expected)
    {
        var result = Probe(
            $"Test-Probe $args[0] {parameter}",
            async (probe, _) => await probe.Emit(await probe.Confirm("a thing")));

        Assert.Equal(expected, Assert.Single(result.Output).BaseObject);
    }

    [Fact]
    public void Progress_shows_the_newest_state_five_times_a_second_at_most_and_is_taken_down()
    {
        var clock = Stopwatch.StartNew();
        var result = Probe("Test-Probe $args[0]", async (probe, _) =>
        {
            for (var i = 0; clock.Elapsed < TimeSpan.FromSeconds(0.7); i++)
            {
                probe.Progress(1, $"{i}");
                await probe.Emit(i);
            }
        });

        var shown = result.Progress.Count(record => record.RecordType == ProgressRecordType.Processing);
        Assert.InRange(shown, 1, 2 + (int)(clock.Elapsed.TotalSeconds * 5));
        Assert.True(result.Output.Count > shown);
        Assert.Equal(ProgressRecordType.Completed, result.Progress[^1].RecordType);
    }

    private HostedResult Probe(string script, Func<TestProbeCommand, CancellationToken, Task> work) =>
        _hosted.Run(script, work);

    private static Func<TestProbeCommand, CancellationToken, Task> Work(
        Func<TestProbeCommand, CancellationToken, Task> work) => work;
}
