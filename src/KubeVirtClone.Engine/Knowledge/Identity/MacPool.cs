using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace KubeVirtClone.Engine.Knowledge.Identity;

/// <summary>
/// Makes locally administered MAC addresses that no machine of the cluster and no other of the batch has. The same machine and interface get the
/// same address in every run of a batch, as far as it is free.
/// </summary>
internal sealed class MacPool
{
    private readonly HashSet<ulong> _taken = [];
    private readonly Dictionary<string, MacAddress> _given = new(StringComparer.Ordinal);

    /// <summary>A pool that knows which addresses are taken.</summary>
    public static MacPool Of(IEnumerable<ulong> taken, IEnumerable<CloneRequest> requests)
    {
        var pool = new MacPool();
        pool._taken.UnionWith(taken);
        foreach (var address in requests.SelectMany(r => r.MacAddresses?.Values ?? []))
            pool.Take(address);
        return pool;
    }

    public MacAddress Give(CloneRequest request, string target, string interfaceName)
    {
        var key = $"{request.Batch}|{request.Namespace}|{target}|{interfaceName}";
        lock (_taken)
        {
            if (_given.TryGetValue(key, out var known))
                return known;
            for (var attempt = 0; ; attempt++)
            {
                var value = BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{key}|{attempt}"))) >> 16;
                // Second-lowest bit of the first octet: locally administered; lowest: for one receiver, not many.
                value = (value & ~(3UL << 40)) | (2UL << 40);
                if (_taken.Add(value))
                    return _given[key] = new MacAddress(value);
            }
        }
    }

    /// <summary>Notes that an address is taken; what is no address is passed over.</summary>
    public void Take(string? text)
    {
        if (MacAddress.TryParse(text, out var address))
            _taken.Add(address.Value);
    }
}
