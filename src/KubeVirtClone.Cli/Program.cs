using System.CommandLine;
using System.CommandLine.Help;
using KubeVirtClone.Cli.Completion;

namespace KubeVirtClone.Cli;

/// <summary><c>kubectl-vmclone</c>: with it on PATH, <c>kubectl vmclone ...</c> works.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        var console = CliConsole.ForProcess();
        using var interruption = new Interruption();
        return await RunAsync(args, console, interruption);
    }

    internal static async Task<int> RunAsync(string[] args, CliConsole console, Interruption interruption)
    {
        if (args is [Completer.Word, ..])
        {
            var completed = await Completer.RunAsync(args[1..], console, interruption);
            TryFlush(console.Output);
            return completed;
        }

        var parsed = Parse(args, console, interruption);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal))
                await console.Error.WriteLineAsync("error: " + error);
            await console.Error.WriteLineAsync($"See '{HelpText.CommandPath(parsed)} --help'.");
            return ExitCode.Usage;
        }

        try
        {
            if (parsed.Action is HelpAction)
                return HelpText.Write(parsed, console.Output);
            var configuration = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = console.Output,
                Error = console.Error,
            };
            return await parsed.InvokeAsync(configuration, CancellationToken.None);
        }
        finally
        {
            TryFlush(console.Output);
        }
    }

    private static void TryFlush(TextWriter output)
    {
        try
        {
            output.Flush();
        }
        catch (IOException)
        {
            // The reader has gone; the exit code says how it went.
        }
    }

    /// <summary>Reads a command line without running it.</summary>
    internal static ParseResult Parse(string[] args, CliConsole console, Interruption interruption)
    {
        var root = CommandTree.Build(new GlobalOptions(), new CommandRunner(console, interruption));

        // '@' is a legal first character of a value (a patch, a password file): kubectl knows no response files.
        return root.Parse(ArgumentNormalizer.Normalize(args), new ParserConfiguration { ResponseFileTokenReplacer = null });
    }
}
