using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using KubeVirtClone.Cli.Commands;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>Help as users of <c>kubectl vmclone</c> should read it.</summary>
internal static class HelpText
{
    /// <summary>The command as users type it: "kubectl vmclone snapshot new".</summary>
    public static string CommandPath(ParseResult parsed)
    {
        var path = new List<string>();
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult { Command: not RootCommand } command; result = result.Parent)
            path.Insert(0, command.Command.Name);
        return string.Join(' ', ["kubectl vmclone", .. path]);
    }

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
        writer.Write(text.ToString().Replace(RootCommand.ExecutableName, "kubectl vmclone", StringComparison.Ordinal).TrimEnd() + Environment.NewLine + Environment.NewLine);
        HelpExamples.Write(CommandPath(parsed), writer);
        return code;
    }
}
