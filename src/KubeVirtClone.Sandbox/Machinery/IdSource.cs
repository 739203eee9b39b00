namespace KubeVirtClone.Sandbox.Machinery;

/// <summary>Repeatable uids and name suffixes, one after the other whoever asks.</summary>
internal sealed class IdSource(int seed)
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

#pragma warning disable CA5394 // Repeatable on purpose: the seed decides what a run of the sandbox makes.
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();

    /// <summary>A version 4 UUID.</summary>
    public string Uid()
    {
        Span<byte> bytes = stackalloc byte[16];
        lock (_gate)
            _random.NextBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString("D");
    }

    /// <summary>Letters and digits that Kubernetes uses for generated names: no vowels, nothing that looks alike.</summary>
    public string Suffix(int length)
    {
        Span<char> text = stackalloc char[length];
        lock (_gate)
        {
            foreach (ref var letter in text)
                letter = Alphabet[_random.Next(Alphabet.Length)];
        }

        return new string(text);
    }
#pragma warning restore CA5394
}
