namespace KubeVirtClone.Cli.CommandLine;

/// <summary>Asks before something is removed or changed for good: on a terminal only; scripts have decided already.</summary>
internal static class Confirmation
{
    /// <param name="question">What is about to be done: "Remove 3 snapshots".</param>
    /// <param name="decided">The command line has said yes, or nothing would be done.</param>
    /// <param name="context">The terminal.</param>
    /// <returns>True to go on.</returns>
    public static async Task<bool> AskAsync(string question, bool decided, CommandContext context)
    {
        var console = context.Console;
        if (decided || !console.InputIsTerminal || !console.ErrorIsTerminal)
            return true;
        await console.Error.WriteAsync($"{question}? [y/N] ");
        await console.Error.FlushAsync(context.Cancelled);
        var answer = await Task.Run(console.Input.ReadLine).WaitAsync(context.Cancelled);
        return answer?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}
