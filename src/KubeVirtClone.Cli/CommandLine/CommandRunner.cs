using System.CommandLine;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>Runs one command's action: gives it what it needs, and turns every way it can end into lines on stderr and an exit code.</summary>
internal sealed class CommandRunner(CliConsole console, Interruption interruption)
{
    public async Task<int> RunAsync(ParseResult parsed, GlobalOptions globals, Func<CommandContext, Task<int>> action)
    {
        await using var context = new CommandContext(console, interruption, ConnectionArguments.Bind(parsed, globals));
        try
        {
            var code = await action(context);
            return interruption.StopIsSuccess ? code : interruption.Code ?? code;
        }
        catch (Exception e) when (e is UsageException or RequestFaultException)
        {
            context.WriteLine("error: " + (e is RequestFaultException wrong ? ShellWords.Line(wrong.Line) : e.Message));
            context.WriteLine($"See '{HelpText.CommandPath(parsed)} --help'.");
            return ExitCode.Usage;
        }
        catch (Exception) when (interruption.Code is not null)
        {
            // Whatever broke while everything was being cancelled is a consequence of that.
            return interruption.Code.Value;
        }
        catch (EngineException e)
        {
            context.Faults.Write(e.Fault);
            return ExitCode.Failure;
        }
        catch (IOException e) when (IsClosedPipe(e))
        {
            // The reader of our output has gone (| head): nothing is left to tell it.
            return ExitCode.Failure;
        }
        catch (Exception e)
        {
            WriteUnexpected(context, e);
            return ExitCode.Failure;
        }
    }

    private static void WriteUnexpected(CommandContext context, Exception e)
    {
        // A mistake of this program: the first line is for everybody, the rest for whoever is asked to mend it.
        context.WriteLine($"error: unexpected {e.GetType().Name}: {e.Message.TrimEnd('.')}. Next step: run it again with -v and report what it prints.");
        if (context.IsVerbose)
            context.WriteLine(e.ToString());
    }

    private static bool IsClosedPipe(IOException e) => e.Message.Contains("Broken pipe", StringComparison.OrdinalIgnoreCase);
}
