namespace KubeVirtClone.Engine.Model.Results;

/// <summary>One item of a listing: a value, or the fault of one name that was asked for.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Value">The item found.</param>
/// <param name="Fault">What is wrong about one of the names.</param>
public readonly record struct ListedItem<T>(T? Value, Fault? Fault)
    where T : class;
