using System.Net;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace KubeVirtClone.Engine.Knowledge.Identity;

/// <summary>What a cloud-init network configuration ties to one machine.</summary>
/// <param name="Addresses">Fixed IP addresses, as written.</param>
/// <param name="Macs">MAC addresses that interfaces are matched by, as written.</param>
internal sealed record NetworkIdentity(IReadOnlyList<string> Addresses, IReadOnlyList<string> Macs)
{
    /// <summary>Nothing is tied to one machine.</summary>
    public bool IsEmpty => Addresses.Count == 0 && Macs.Count == 0;
}

/// <summary>Reads cloud-init's user data and network configuration (both of its versions, and OpenStack's) as far as they say who a machine is.</summary>
internal static class CloudInitData
{
    // Addresses of others: whom to ask, and where to send to.
    private static readonly HashSet<string> OfOthers = new(StringComparer.OrdinalIgnoreCase)
    {
        "nameservers", "dns_nameservers", "services", "routes", "route", "routing-policy", "gateway", "gateway4", "gateway6", "via", "broadcast", "netmask",
    };

    private static readonly HashSet<string> AddressKeys = new(StringComparer.OrdinalIgnoreCase) { "addresses", "address", "ip_address" };
    private static readonly HashSet<string> MacKeys = new(StringComparer.OrdinalIgnoreCase) { "macaddress", "mac_address", "ethernet_mac_address" };

    /// <summary>The text of inline data: plain, or of base 64; null when there is none.</summary>
    /// <param name="data">The cloud-init volume's data.</param>
    /// <param name="key"><c>userData</c> or <c>networkData</c>.</param>
    public static string? Inline(JsonObject data, string key) => Text(data[key]) ?? Decode(Text(data[key + "Base64"]));

    /// <summary>The text of base 64; null when it is none.</summary>
    /// <param name="base64">The text.</param>
    private static string? Decode(string? base64)
    {
        if (string.IsNullOrWhiteSpace(base64))
            return null;
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }

    /// <summary>What a network configuration ties to one machine.</summary>
    /// <param name="text">The configuration, in YAML or JSON.</param>
    public static NetworkIdentity Network(string text)
    {
        var (addresses, macs) = (new List<string>(), new List<string>());
        foreach (var root in Read(text))
            Walk(root, addresses, macs);
        return new NetworkIdentity([.. addresses.Distinct(StringComparer.Ordinal)], [.. macs.Distinct(StringComparer.OrdinalIgnoreCase)]);
    }

    /// <summary>Host names that user data sets, each as key and value.</summary>
    /// <param name="text">The user data; only cloud-config has such keys.</param>
    public static IReadOnlyList<(string Key, string Value)> HostNames(string text)
    {
        if (!text.TrimStart().StartsWith("#cloud-config", StringComparison.Ordinal))
            return [];
        return
        [
            .. Read(text).OfType<YamlMappingNode>().SelectMany(m => m.Children)
                .Where(c => c is { Key: YamlScalarNode { Value: "hostname" or "fqdn" }, Value: YamlScalarNode { Value.Length: > 0 } })
                .Select(c => (((YamlScalarNode)c.Key).Value!, ((YamlScalarNode)c.Value).Value!)),
        ];
    }

    private static List<YamlNode> Read(string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return [.. stream.Documents.Select(d => d.RootNode)];
        }
        catch (YamlException)
        {
            // A template of some tool: what it comes to is not known.
            return [];
        }
    }

    private static void Walk(YamlNode node, List<string> addresses, List<string> macs)
    {
        if (node is YamlSequenceNode list)
        {
            foreach (var item in list.Children)
                Walk(item, addresses, macs);
        }

        if (node is not YamlMappingNode map)
            return;
        foreach (var (key, value) in map.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (OfOthers.Contains(name) || IsOfNameserver(map, name))
                continue;
            if (AddressKeys.Contains(name))
                addresses.AddRange(Addresses(value));
            else if (MacKeys.Contains(name) && value is YamlScalarNode { Value: { Length: > 0 } mac } && MacAddress.TryParse(mac, out _))
                macs.Add(mac);
            else
                Walk(value, addresses, macs);
        }
    }

    // In version 1 a name server is an entry of the list of interfaces.
    private static bool IsOfNameserver(YamlMappingNode map, string key) => AddressKeys.Contains(key)
        && map.Children.Any(c => c is { Key: YamlScalarNode { Value: "type" }, Value: YamlScalarNode { Value: "nameserver" or "route" } });

    private static IEnumerable<string> Addresses(YamlNode value) => value switch
    {
        YamlScalarNode { Value: { Length: > 0 } text } when IPAddress.TryParse(text.Split('/')[0], out _) => [text],
        YamlSequenceNode list => list.Children.SelectMany(Addresses),
        // With options: { "192.0.2.1/24": { lifetime: 0 } }.
        YamlMappingNode map => map.Children.Keys.SelectMany(Addresses),
        _ => [],
    };

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;
}
