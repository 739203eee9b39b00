using System.CommandLine;
using System.CommandLine.Help;
using KubeVirtClone.Cli.Commands;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>Help as users of <c>kubectl vmclone</c> should read it.</summary>
internal static class HelpText
{
    /// <param name="parsed">The command line that asks for help.</param>
    /// <param name="writer">Where help goes.</param>
    public static int Write(ParseResult parsed, TextWriter writer)
    {
        if (parsed.CommandResult.Command.Name == SandboxCommand.Name)
        {
            // It makes its own cluster: which one to connect to is no question there.
            foreach (var option in parsed.RootCommandResult.Command.Options.Where(o => o.Recursive))
                option.Hidden = option is not HelpOption;
        }

        using var text = new StringWriter();
        parsed.InvocationConfiguration.Output = text;
        var code = new HelpAction().Invoke(parsed);
        writer.Write(text.ToString().Replace(RootCommand.ExecutableName, "kubectl vmclone", StringComparison.Ordinal));
        return code;
    }
}
