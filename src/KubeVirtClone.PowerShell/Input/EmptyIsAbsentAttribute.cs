namespace KubeVirtClone.Input;

/// <summary>An empty cell of a table gives no value, instead of an error about an enum.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class EmptyIsAbsentAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is string text && string.IsNullOrWhiteSpace(text) ? null : inputData;
}
