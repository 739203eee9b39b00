using System.Globalization;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Knowledge.Naming;

/// <summary>Makes many requests of one: <c>-Count 50 -NamePattern 'web-{0:d3}'</c>.</summary>
public static class TargetNames
{
    /// <summary>Pattern used when a count is given without one: source name and number.</summary>
    public const string DefaultPattern = "{1}-{0}";

    /// <summary>Most clones one expansion makes.</summary>
    public const int MaxCount = 100_000;

    /// <summary>
    /// Names for <paramref name="count"/> clones. In the pattern, <c>{0}</c> is the running number and takes .NET's number formats
    /// (<c>{0:d3}</c>), <c>{1}</c> is the source's name.
    /// </summary>
    /// <param name="template">The request to repeat; its target name is replaced.</param>
    /// <param name="count">How many, 1 to 100,000.</param>
    /// <param name="pattern">The pattern; null is <see cref="DefaultPattern"/>.</param>
    /// <param name="startIndex">First running number.</param>
    /// <param name="fault">What is wrong with pattern or count; the list is then empty.</param>
    public static IReadOnlyList<CloneRequest> Expand(CloneRequest template, int count, string? pattern, int startIndex, out Fault? fault)
    {
        ArgumentNullException.ThrowIfNull(template);
        fault = null;
        var text = string.IsNullOrEmpty(pattern) ? DefaultPattern : pattern;
        if (count is < 1 or > MaxCount)
        {
            fault = Invalid($"{count} clones were asked for; 1 to {MaxCount} can be made at once.", "Give a count in that range.");
            return [];
        }

        var requests = new List<CloneRequest>(count);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            string name;
            try
            {
                name = string.Format(CultureInfo.InvariantCulture, text, startIndex + i, template.SourceName);
            }
            catch (FormatException e)
            {
                fault = Invalid(
                    $"'{text}' is not a name pattern: {e.Message}",
                    "Write {0} where the number goes, with an optional format: 'web-{0:d3}' gives web-001. {1} is the source's name.");
                return [];
            }

            if (!seen.Add(name))
            {
                fault = Invalid(
                    $"The name pattern '{text}' gives '{name}' more than once.",
                    "Write {0} where the running number goes: 'web-{0:d3}' gives web-001, web-002 and so on.");
                return [];
            }

            requests.Add(template with { TargetName = name, CloneName = null });
        }

        return requests;
    }

    private static Fault Invalid(string message, string action) => new()
    {
        Id = FaultIds.VMCloneNameInvalid,
        Category = FaultCategory.InvalidArgument,
        Message = message,
        RecommendedAction = action,
    };
}
