namespace KubeVirtClone.Input;

/// <summary>Labels and annotations: <c>@{ tier = 'web' }</c>, or <c>tier=web;owner=ops</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class TextTableTransformationAttribute : TableTransformationAttribute
{
    /// <inheritdoc/>
    private protected override int FindKeyEnd(string entry) => entry.IndexOf('=', StringComparison.Ordinal);

    /// <inheritdoc/>
    private protected override string DescribeInvalid(string entry) => $"'{entry}' is not of the form key=value.";
}
