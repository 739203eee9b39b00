using System.Globalization;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Engine.Knowledge.Naming;

/// <summary>Values that are given once and differ from clone to clone: host name and cloud-init Secret take the same patterns as names do.</summary>
public static class PerCloneText
{
    /// <summary>The request with its host name and Secret filled in.</summary>
    /// <param name="request">The request.</param>
    /// <param name="number">The clone's running number.</param>
    /// <param name="fault">What is wrong with a pattern; null when nothing is.</param>
    public static CloneRequest Apply(CloneRequest request, long number, out Fault? fault)
    {
        ArgumentNullException.ThrowIfNull(request);
        var source = request.GoldenImage ?? request.SourceName;
        var hostname = Fill(request.Hostname, "host name", number, source, request.TargetName, out fault);
        if (fault is not null)
            return request;
        var secret = Fill(request.CloudInitSecret, "cloud-init Secret", number, source, request.TargetName, out fault);
        return fault is null ? request with { Hostname = hostname, CloudInitSecret = secret } : request;
    }

    /// <summary>
    /// One value for one clone: <c>{0}</c> is the running number and takes .NET's number formats (<c>{0:d3}</c>), <c>{1}</c> the source's name,
    /// <c>{2}</c> the new machine's. No host name or Secret can have a brace of its own.
    /// </summary>
    /// <param name="text">The value or pattern; null stays null.</param>
    /// <param name="what">What it is, for messages: "host name".</param>
    /// <param name="number">The clone's running number.</param>
    /// <param name="source">Name of the source.</param>
    /// <param name="target">Name of the new machine; null when it is made up later.</param>
    /// <param name="fault">What is wrong with the pattern; null when nothing is.</param>
    public static string? Fill(string? text, string what, long number, string source, string? target, out Fault? fault)
    {
        fault = null;
        if (text is null || !text.Contains('{', StringComparison.Ordinal))
            return text;
        try
        {
            if (string.IsNullOrEmpty(target) && text.Contains("{2", StringComparison.Ordinal))
                throw new FormatException("{2} is the new machine's name, and none is given");
            return string.Format(CultureInfo.InvariantCulture, text, number, source, target);
        }
        catch (FormatException e)
        {
            fault = new Fault
            {
                Id = FaultIds.VMCloneNameInvalid,
                Category = FaultCategory.InvalidArgument,
                Message = $"The {what} '{text}' is not a pattern: {e.Message.TrimEnd('.')}.",
                RecommendedAction = "Write {0} or {0:d3} where the running number goes, {1} for the source's name, {2} for the new machine's.",
            };
            return text;
        }
    }
}
