namespace KubeVirtClone;

/// <summary>One thing seen in the cluster that supports a diagnosis.</summary>
public sealed class VMCloneEvidence
{
    internal VMCloneEvidence(DiagnosisEvidence evidence)
    {
        Object = evidence.Object;
        Field = evidence.Field;
        Text = evidence.Text;
        Since = evidence.Since;
    }

    /// <summary>The object: kind and name.</summary>
    public string Object { get; }

    /// <summary>The field, condition or event it was read from.</summary>
    public string Field { get; }

    /// <summary>What stands there, in the cluster's own words.</summary>
    public string Text { get; }

    /// <summary>Since when, or when last; null when the object does not say.</summary>
    public DateTimeOffset? Since { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Object} {Field}: {Text}{(Since is null ? "" : $" ({Durations.Age(DateTimeOffset.UtcNow - Since)} ago)")}";
}
