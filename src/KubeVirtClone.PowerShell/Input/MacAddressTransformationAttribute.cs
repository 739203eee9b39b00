using KubeVirtClone.Engine.Knowledge.Rows;

namespace KubeVirtClone.Input;

/// <summary>MAC addresses by interface: <c>@{ default = '02:00:00:00:00:01' }</c>, or <c>default=02-00-00-00-00-01;other=…</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class MacAddressTransformationAttribute : TableTransformationAttribute
{
    /// <inheritdoc/>
    private protected override int FindKeyEnd(string entry) => FieldText.InterfaceEnd(entry);

    /// <inheritdoc/>
    private protected override string DescribeInvalid(string entry) =>
        $"'{entry}' names no interface. Give a table such as @{{ default = '02:00:00:00:00:01' }}, or the text 'default=02-00-00-00-00-01'.";
}
