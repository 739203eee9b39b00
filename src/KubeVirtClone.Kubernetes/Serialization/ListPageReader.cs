using System.Buffers;
using System.Text.Json;
using KubeVirtClone.Kubernetes.Transport;

namespace KubeVirtClone.Kubernetes.Serialization;

/// <summary>Finds the objects of a list answer as they arrive; holds no more than one buffer.</summary>
internal sealed class ListPageReader(AnswerBody body, TimeSpan longestSilence, string request) : IDisposable
{
    private const int FirstBufferSize = 64 * 1024;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferSize);
    private int _start;
    private int _end;
    private bool _isFinal;
    private Place _place;
    private bool _isDone;
    private bool _hasItems;
    private string? _property;
    private JsonReaderState _state;
    private ObjectEnd _itemEnd;

    /// <summary><c>metadata.continue</c>; null when this is the last page. Known once all objects are read.</summary>
    public string? Continue { get; private set; }

    /// <summary><c>metadata.resourceVersion</c>; null when absent. Known once all objects are read.</summary>
    public string? ResourceVersion { get; private set; }

    /// <summary>The next objects, all that are there; null after the last.</summary>
    /// <exception cref="ApiAnswerInvalidException">The answer is not a list.</exception>
    /// <exception cref="ApiServerUnreachableException">The answer ended too early, or stopped coming.</exception>
    public async ValueTask<ListedRun?> NextAsync()
    {
        while (true)
        {
            try
            {
                if (TryNext() is { } run)
                    return run;
            }
            catch (JsonException e)
            {
                throw new ApiAnswerInvalidException($"{request}: the answer is not a valid JSON list (byte {e.BytePositionInLine} of line {e.LineNumber}).");
            }

            if (_isDone)
                return null;
            if (_isFinal)
                throw body.CutOff();
            await FillAsync();
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private async ValueTask FillAsync()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        var count = await body.ReadAsync(_buffer.AsMemory(_end), longestSilence);
        _isFinal = count == 0;
        _end += count;
    }

    /// <summary>The objects that are there whole; null when more bytes are needed or, with <see cref="_isDone"/>, when there are no more.</summary>
    private ListedRun? TryNext()
    {
        if (_place == Place.Envelope)
            ReadEnvelope();
        var run = _place == Place.Envelope ? null : FindObjects();
        if (_place == Place.Envelope && run is null)
            ReadEnvelope();
        return run;
    }

    // The reader of the envelope stands behind the opening bracket meanwhile: it is the closing one that it reads next.
    private ListedRun? FindObjects()
    {
        List<(int Start, int Length)>? objects = null;
        var first = _start;
        var end = _start;
        for (; _start < _end; _start++)
        {
            switch (_buffer[_start])
            {
                case (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t':
                    break;
                case (byte)',' when _place == Place.AfterItem:
                    _place = Place.AfterComma;
                    break;
                case (byte)']' when _place != Place.AfterComma:
                    _place = Place.Envelope;
                    return Found();
                case (byte)'{' when _place != Place.AfterItem:
                    if (!_itemEnd.TryFind(_buffer.AsSpan(_start, _end - _start), out var length))
                        return Found();
                    if (objects is null)
                        first = _start;
                    (objects ??= []).Add((_start - first, length));
                    end = _start + length;
                    _start = end - 1;
                    _place = Place.AfterItem;
                    break;
                default:
                    // What came before is given first.
                    return Found() ?? throw NotAList();
            }
        }

        return Found();

        ListedRun? Found() => objects is null ? null : new(_buffer.AsSpan(first, end - first), objects, request);
    }

    /// <summary>Reads what is around the items as far as it is there: up to them, or to the end.</summary>
    private void ReadEnvelope()
    {
        var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), isFinalBlock: false, _state);
        var offset = _start;
        while (true)
        {
            // Whatever is cut off is read again from here, once more of it is there.
            _state = reader.CurrentState;
            _start = offset + (int)reader.BytesConsumed;
            if (_place != Place.Envelope)
                return;
            if (_property is not null)
            {
                if (!TryReadProperty(ref reader))
                    return;
                continue;
            }

            if (!reader.Read())
                return;
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.EndArray:
                    break;
                case JsonTokenType.PropertyName:
                    _property = reader.GetString();
                    break;
                case JsonTokenType.EndObject:
                    if (!_hasItems && ResourceVersion is null)
                        throw NotAList();
                    _isDone = true;
                    return;
                default:
                    throw NotAList();
            }
        }
    }

    /// <summary>Reads the value of the property whose name was read last; false when it is not all there.</summary>
    private bool TryReadProperty(ref Utf8JsonReader reader)
    {
        if (_property == "items")
        {
            if (!reader.Read())
                return false;
            _hasItems = true;
            // Go writes an empty list as null.
            _place = reader.TokenType switch
            {
                JsonTokenType.StartArray => Place.BeforeItems,
                JsonTokenType.Null => Place.Envelope,
                _ => throw NotAList(),
            };
        }
        else
        {
            var attempt = reader;
            if (!attempt.Read() || !JsonElement.TryParseValue(ref attempt, out var value))
                return false;
            reader = attempt;
            if (_property == "metadata" && value.Value.ValueKind == JsonValueKind.Object)
            {
                var metadata = new KubernetesObject(value.Value);
                Continue = metadata.StringAt("continue") is { Length: > 0 } token ? token : null;
                ResourceVersion = metadata.StringAt("resourceVersion");
            }
        }

        _property = null;
        return true;
    }

    private enum Place
    {
        Envelope,
        BeforeItems,
        AfterItem,
        AfterComma,
    }

    private ApiAnswerInvalidException NotAList() => new($"{request}: the answer is not a list of objects.");
}
