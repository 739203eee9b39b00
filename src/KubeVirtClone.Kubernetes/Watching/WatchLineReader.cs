using System.Buffers;
using System.Text.Json;
using KubeVirtClone.Kubernetes.Transport;

namespace KubeVirtClone.Kubernetes.Watching;

/// <summary>Reads the events of a watch answer, one JSON object a line, as they arrive.</summary>
internal sealed class WatchLineReader(AnswerBody body, string request) : IDisposable
{
    private const int LongestLine = 64 << 20;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(32 * 1024);
    private int _start;
    private int _scanned;
    private int _end;

    /// <summary>The next event; null when the server has ended the watch.</summary>
    /// <param name="longestSilence">How long to wait for the next bytes.</param>
    /// <exception cref="ApiAnswerInvalidException">A line is not an event, or only half of one.</exception>
    public async ValueTask<JsonElement?> NextAsync(Func<TimeSpan> longestSilence)
    {
        while (true)
        {
            var newline = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                var line = _buffer.AsMemory(_start, _scanned + newline - _start);
                _start = _scanned = _scanned + newline + 1;
                if (!IsBlank(line.Span))
                    return Parse(line.Span);
                continue;
            }

            _scanned = _end;
            MakeRoom();
            var count = await body.ReadAsync(_buffer.AsMemory(_end), longestSilence());
            if (count == 0)
            {
                var rest = _buffer.AsMemory(_start, _end - _start);
                _start = _scanned = _end;
                return IsBlank(rest.Span) ? null : Parse(rest.Span);
            }

            _end += count;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.Trim(" \t\r\n"u8).IsEmpty;

    private JsonElement Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            throw new ApiAnswerInvalidException($"{request}: the watch sent something that is not an event, or only a part of one.");
        }
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _scanned -= _start;
            _start = 0;
        }

        if (_end < _buffer.Length)
            return;
        if (_end >= LongestLine)
            throw new ApiAnswerInvalidException($"{request}: the watch sent a line of over {LongestLine >> 20} MiB.");
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
