using System.CommandLine;
using System.CommandLine.Help;

namespace KubeVirtClone.Cli.CommandLine;

/// <summary>Help as users of <c>kubectl vmclone</c> should read it.</summary>
internal static class HelpText
{
    /// <param name="parsed">The command line that asks for help.</param>
    /// <param name="writer">Where help goes.</param>
    public static int Write(ParseResult parsed, TextWriter writer)
    {
        using var text = new StringWriter();
        parsed.InvocationConfiguration.Output = text;
        var code = new HelpAction().Invoke(parsed);
        writer.Write(text.ToString().Replace(RootCommand.ExecutableName, "kubectl vmclone", StringComparison.Ordinal));
        return code;
    }
}
