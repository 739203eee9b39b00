using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KubeVirtClone.Kubernetes.Serialization;

/// <summary>
/// Finds where a JSON object ends, in bytes that come piece by piece. It looks at braces and strings only: that it is JSON at all is for the parser
/// to say, which then needs to go through it once and not twice.
/// </summary>
/// <remarks>
/// Bytes are looked at 64 at a time, a bit for each: which are quotes that count, which lie between two of those, which are braces outside. Nearly every byte of an object
/// is none of these, so that this is several times as fast as going from mark to mark.
/// </remarks>
[StructLayout(LayoutKind.Auto)]
internal struct ObjectEnd
{
    private const int BlockSize = 64;

    private int _seen;
    private int _depth;

    // All ones within a string, else none.
    private ulong _inString;

    // One where the next byte is escaped.
    private ulong _escapesNext;

    /// <summary>The object's length in bytes.</summary>
    /// <param name="bytes">What there is of it from its opening brace on; never less than at the call before.</param>
    /// <param name="length">Up to and with its closing brace.</param>
    /// <returns>False when it is not all there yet.</returns>
    public bool TryFind(ReadOnlySpan<byte> bytes, out int length)
    {
        while (_seen < bytes.Length)
        {
            var rest = bytes[_seen..];
            var count = Math.Min(rest.Length, BlockSize);
            var block = count == BlockSize ? Marks.Of(rest) : Marks.OfFew(rest);
            if (EndIn(block, count) is { } end)
            {
                length = _seen + end + 1;
                this = default;
                return true;
            }

            _seen += count;
        }

        length = 0;
        return false;
    }

    // Where in the block the object ends; null when it does not.
    private int? EndIn(Marks block, int count)
    {
        var between = Between(block.Quotes & ~Escaped(block.Escapes, count));
        _inString = (between >> (count - 1) & 1) == 1 ? ulong.MaxValue : 0;
        for (var braces = (block.Opening | block.Closing) & ~between; braces != 0; braces &= braces - 1)
        {
            var at = BitOperations.TrailingZeroCount(braces);
            if ((block.Opening >> at & 1) == 1)
                _depth++;
            else if (--_depth == 0)
                return at;
        }

        return null;
    }

    // A backslash that is not escaped itself escapes what follows: every other one of those in a row, from the first on.
    private ulong Escaped(ulong escapes, int count)
    {
        var escaped = _escapesNext;
        _escapesNext = 0;
        for (escapes &= ~escaped; escapes != 0; escapes &= escapes - 1)
        {
            var next = BitOperations.TrailingZeroCount(escapes) + 1;
            if (next >= count)
            {
                _escapesNext = 1;
                break;
            }

            escaped |= 1UL << next;
            escapes &= ~(1UL << next);
        }

        return escaped;
    }

    // From each opening quote up to the closing one, which is not within: every bit is the exclusive or of all up to it.
    private readonly ulong Between(ulong quotes)
    {
        for (var shift = 1; shift < BlockSize; shift <<= 1)
            quotes ^= quotes << shift;
        return quotes ^ _inString;
    }

    /// <summary>Which of 64 bytes are what: the first is the lowest bit.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Marks(ulong Quotes, ulong Escapes, ulong Opening, ulong Closing)
    {
        public static Marks Of(ReadOnlySpan<byte> bytes)
        {
            var marks = default(Marks);
            for (var at = 0; at < BlockSize; at += Vector128<byte>.Count)
            {
                var part = Vector128.Create(bytes.Slice(at, Vector128<byte>.Count));
                marks = new(
                    marks.Quotes | Find(part, (byte)'"') << at,
                    marks.Escapes | Find(part, (byte)'\\') << at,
                    marks.Opening | Find(part, (byte)'{') << at,
                    marks.Closing | Find(part, (byte)'}') << at);
            }

            return marks;
        }

        public static Marks OfFew(ReadOnlySpan<byte> bytes)
        {
            Span<byte> block = stackalloc byte[BlockSize];
            block.Clear();
            bytes.CopyTo(block);
            return Of(block);
        }

        private static ulong Find(Vector128<byte> part, byte mark) => Vector128.Equals(part, Vector128.Create(mark)).ExtractMostSignificantBits();
    }
}
