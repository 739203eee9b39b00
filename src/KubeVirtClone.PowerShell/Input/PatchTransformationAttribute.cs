using System.Collections;

namespace KubeVirtClone.Input;

/// <summary>
/// Lets a patch operation be given as the JSON text KubeVirt takes, or as a table
/// <c>@{ op = 'replace'; path = '/spec/runStrategy'; value = 'Halted' }</c>, which is written as JSON.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PatchTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var value = Plain(inputData);
        return value switch
        {
            null => null,
            string or IDictionary or PSObject => new[] { ToJson(value) },
            IEnumerable list => list.Cast<object?>().Select(item => ToJson(Plain(item))).ToArray(),
            _ => value,
        };
    }

    private static object? Plain(object? value) => value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;

    private static string ToJson(object? item) => item as string ?? PowerShellJson.Write(item);
}
