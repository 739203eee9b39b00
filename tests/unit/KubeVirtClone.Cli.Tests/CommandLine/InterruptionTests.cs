using KubeVirtClone.Cli.CommandLine;

namespace KubeVirtClone.Cli.Tests.CommandLine;

public sealed class InterruptionTests
{
    [Fact]
    public async Task Work_that_does_not_heed_the_signal_is_ended_by_force_after_its_last_words()
    {
        var said = 0;
        var ended = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interruption = new Interruption(code => ended.TrySetResult(code), TimeSpan.FromMilliseconds(20));
        interruption.LastWords = () => said++;

        interruption.Interrupt(ExitCode.Interrupted);

        (await ended.Task.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe(ExitCode.Interrupted);
        said.ShouldBe(1);
        interruption.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(20)).ShouldBeTrue();
    }

    [Fact]
    public void A_second_signal_ends_at_once()
    {
        var codes = new List<int>();
        using var interruption = new Interruption(codes.Add, TimeSpan.FromHours(1));

        interruption.Interrupt(ExitCode.Terminated);
        codes.ShouldBeEmpty();
        interruption.Interrupt(ExitCode.Interrupted);

        codes.ShouldBe([ExitCode.Terminated]);
    }

    [Fact]
    public void A_command_that_waits_for_a_signal_is_not_ended_by_the_first()
    {
        var codes = new List<int>();
        using var interruption = new Interruption(codes.Add, TimeSpan.Zero) { StopIsSuccess = true };

        interruption.Interrupt(ExitCode.Terminated);
        interruption.Code.ShouldBe(ExitCode.Terminated);
        codes.ShouldBeEmpty();
        interruption.Interrupt(ExitCode.Terminated);

        codes.ShouldBe([ExitCode.Terminated]);
    }

    [Fact]
    public void Last_words_are_said_once_however_it_ends()
    {
        var said = 0;
        using var interruption = new Interruption(_ => { }, TimeSpan.FromHours(1));
        var words = new InterruptWords(interruption, () => said++);
        interruption.Interrupt(ExitCode.Interrupted);
        words.Dispose();
        interruption.Interrupt(ExitCode.Interrupted);

        said.ShouldBe(1);
    }

    [Fact]
    public void Nothing_is_said_when_nobody_interrupts()
    {
        var said = 0;
        using var interruption = new Interruption(_ => { });
        new InterruptWords(interruption, () => said++).Dispose();
        said.ShouldBe(0);
        interruption.LastWords.ShouldBeNull();
    }
}
