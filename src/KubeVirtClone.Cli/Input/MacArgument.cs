using KubeVirtClone.Cli.CommandLine;

namespace KubeVirtClone.Cli.Input;

/// <summary>
/// Values of --new-mac-address: INTERFACE:MAC as virtctl takes it (the address itself may have colons), or INTERFACE=MAC.
/// The interface's name ends at the first of both signs.
/// </summary>
internal static class MacArgument
{
    public static IReadOnlyDictionary<string, string> Parse(IEnumerable<string> values)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var value in values)
        {
            var end = value.AsSpan().IndexOfAny(':', '=');
            if (end <= 0)
                throw new UsageException($"--new-mac-address '{value}': write INTERFACE:MAC, for example default:02-00-00-00-00-01");
            if (!result.TryAdd(value[..end].Trim(), value[(end + 1)..].Trim()))
                throw new UsageException($"--new-mac-address: interface '{value[..end]}' is given twice");
        }

        return result;
    }
}
