using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone;

/// <summary>One thing that Test-VMClone found out about clones before they are made.</summary>
public sealed class VMCloneFinding
{
    internal VMCloneFinding(Finding finding)
    {
        Severity = Enum.Parse<VMCloneFindingSeverity>(finding.Severity.ToString());
        Code = finding.Code;
        Item = finding.Item;
        Message = finding.Message;
        Evidence = finding.Evidence;
        RecommendedAction = finding.RecommendedAction.ToString();
        Request = [.. finding.Requests.Select(r => r.Input as VMCloneRequest ?? VMCloneRequest.FromEngine(r))];
    }

    /// <summary>How much it matters.</summary>
    public VMCloneFindingSeverity Severity { get; }

    /// <summary>Stable identifier; where making the clone would give an error, the id of that error.</summary>
    public string Code { get; }

    /// <summary>What it is about: namespace/target for one clone, namespace/source for a source, a namespace, or a kind that could not be read.</summary>
    public string Item { get; }

    /// <summary>What was found.</summary>
    public string Message { get; }

    /// <summary>What it was seen by; empty when the request itself shows it.</summary>
    public string Evidence { get; }

    /// <summary>What to do about it; empty when nothing needs doing.</summary>
    public string RecommendedAction { get; }

    /// <summary>The clones it concerns, as they were asked for. They can be piped into New-VMClone and Test-VMClone.</summary>
    [Hidden]
    public VMCloneRequest[] Request { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Severity} {Code} {Item}: {Message}";
}
