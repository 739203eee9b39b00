using System.Buffers;

namespace KubeVirtClone.Kubernetes.Serialization;

/// <summary>
/// Finds where a JSON object ends, in bytes that come piece by piece. It looks at braces and strings only: that it is JSON at all is for the parser
/// to say, which then needs to go through it once and not twice.
/// </summary>
internal struct ObjectEnd
{
    private const byte Quote = (byte)'"';
    private const byte Escape = (byte)'\\';

    private static readonly SearchValues<byte> Marks = SearchValues.Create("\"{}"u8);

    private int _seen;
    private int _depth;
    private bool _isInString;

    /// <summary>The object's length in bytes.</summary>
    /// <param name="bytes">What there is of it from its opening brace on; never less than at the call before.</param>
    /// <param name="length">Up to and with its closing brace.</param>
    /// <returns>False when it is not all there yet.</returns>
    public bool TryFind(ReadOnlySpan<byte> bytes, out int length)
    {
        var at = _seen;
        while (at < bytes.Length)
        {
            var next = _isInString ? bytes[at..].IndexOfAny(Quote, Escape) : bytes[at..].IndexOfAny(Marks);
            if (next < 0)
            {
                at = bytes.Length;
                break;
            }

            at += next;
            var mark = bytes[at];
            if (mark == Escape)
            {
                // What it escapes may come with the next piece.
                if (at + 1 == bytes.Length)
                    break;
                at++;
            }
            else if (mark == Quote)
            {
                _isInString = !_isInString;
            }
            else
            {
                _depth += mark == (byte)'{' ? 1 : -1;
                if (_depth == 0)
                {
                    length = at + 1;
                    this = default;
                    return true;
                }
            }

            at++;
        }

        _seen = at;
        length = 0;
        return false;
    }
}
