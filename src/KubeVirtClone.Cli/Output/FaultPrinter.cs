using System.Text;
using KubeVirtClone.Engine;

namespace KubeVirtClone.Cli.Output;

/// <summary>Prints what failed, one line an item: about what, why, and what to do next. Counts them, for the exit code.</summary>
internal sealed class FaultPrinter(Action<string> writeLine)
{
    public int Count { get; private set; }

    public void Write(Fault fault)
    {
        Count++;
        writeLine("error: " + Describe(fault));
    }

    /// <summary>"default/web-3: why (Id). Next step: what to do."</summary>
    public static string Describe(Fault fault)
    {
        var line = new StringBuilder();
        var message = OneLine(fault.Message).TrimEnd('.');
        if (fault.TargetName is { Length: > 0 } target && !message.Contains(target, StringComparison.Ordinal))
            line.Append(target).Append(": ");
        line.Append(message).Append(" (").Append(fault.Id).Append(").");
        if (!string.IsNullOrWhiteSpace(fault.RecommendedAction))
            line.Append(" Next step: ").Append(OneLine(fault.RecommendedAction));
        return line.ToString();
    }

    private static string OneLine(string text) =>
        string.Join(' ', ShellWords.Translate(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
