using System.Globalization;

namespace KubeVirtClone.Engine.Knowledge.Naming;

/// <summary>
/// The one rule for names and texts that are given once and differ from item to item: <c>{0}</c> is the running number and takes .NET's number
/// formats (<c>{0:d3}</c>), <c>{1}</c> the source's name, <c>{2}</c> the new machine's. Where nothing is counted, because each of several sources is
/// taken once, <c>{0}</c> without a format is the source's name too. No such text can have a brace of its own.
/// </summary>
public static class NamePattern
{
    /// <summary>What to write in a pattern.</summary>
    public const string Advice = "Write {0} or {0:d3} where the running number goes, {1} for the source's name, {2} for the new machine's.";

    /// <summary>The request with its pattern fields filled in.</summary>
    /// <param name="request">The request.</param>
    /// <param name="number">The clone's running number.</param>
    /// <param name="counted">Whether clones are counted.</param>
    /// <exception cref="RequestFaultException">One of them is no pattern.</exception>
    public static CloneRequest Apply(CloneRequest request, long number, bool counted = true)
    {
        ArgumentNullException.ThrowIfNull(request);
        var wishes = request.Wishes;
        foreach (var field in RequestFields.All.Where(f => f.IsPattern))
        {
            if (wishes.Text(field) is { } text)
                wishes = wishes.With(field, Fill(text, field.Name, number, request.GoldenImage ?? request.SourceName, request.TargetName, counted));
        }

        return ReferenceEquals(wishes, request.Wishes) ? request : request with { Wishes = wishes };
    }

    /// <summary>One text for one item.</summary>
    /// <param name="text">The text or pattern.</param>
    /// <param name="what">What it is, for messages: "Hostname".</param>
    /// <param name="number">The item's running number.</param>
    /// <param name="source">Name of the source.</param>
    /// <param name="target">Name of the new machine; null where it is not known, or is what is being named.</param>
    /// <param name="counted">Whether items are counted.</param>
    /// <exception cref="RequestFaultException">It is no pattern.</exception>
    public static string Fill(string text, string what, long number, string source, string? target, bool counted = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Contains('{', StringComparison.Ordinal))
            return text;
        try
        {
            if (string.IsNullOrEmpty(target) && text.Contains("{2", StringComparison.Ordinal))
                throw new FormatException("{2} is the new machine's name, and none is given");
            return string.Format(CultureInfo.InvariantCulture, text, new NumberOrSource(number, source, counted), source, target);
        }
        catch (FormatException e)
        {
            throw new RequestFaultException(FaultIds.NamePatternInvalid, $"The {what} '{text}' is not a pattern: {e.Message.TrimEnd('.')}.", Advice);
        }
    }

    private sealed class NumberOrSource(long number, string source, bool counted) : IFormattable
    {
        public string ToString(string? format, IFormatProvider? formatProvider) =>
            counted || !string.IsNullOrEmpty(format) ? number.ToString(format, formatProvider) : source;
    }
}
