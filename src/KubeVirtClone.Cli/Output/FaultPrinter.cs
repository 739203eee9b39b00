using System.Text;

namespace KubeVirtClone.Cli.Output;

/// <summary>Prints what failed, one line an item: about what, why, and what to do next. Counts them, for the exit code.</summary>
internal sealed class FaultPrinter(Action<string> writeLine)
{
    public int Count { get; private set; }

    /// <param name="fault">What failed.</param>
    /// <param name="item">The item of the batch that it happened to; null takes what the fault is about.</param>
    public void Write(Fault fault, string? item = null)
    {
        Count++;
        writeLine("error: " + Describe(fault, item));
    }

    /// <summary>"default/web-3: why (Id). Next step: what to do."</summary>
    private static string Describe(Fault fault, string? item)
    {
        var line = new StringBuilder();
        var message = CellText.Line(fault.Message).TrimEnd('.');
        var about = item ?? fault.TargetName;
        if (!string.IsNullOrEmpty(about) && !message.Contains(about, StringComparison.Ordinal))
            line.Append(about).Append(": ");
        line.Append(message).Append(" (").Append(fault.Id).Append(").");
        if (!fault.RecommendedAction.IsEmpty)
            line.Append(" Next step: ").Append(ShellWords.Line(fault.RecommendedAction));
        return line.ToString();
    }
}
