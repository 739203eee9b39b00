using System.Buffers;
using System.Text.Json;

namespace KubeVirtClone.Kubernetes.Serialization;

/// <summary>Objects of a list that arrived together, not yet parsed. Disposing it gives its memory back.</summary>
internal sealed class ListedRun : IDisposable
{
    private readonly List<(int Start, int Length)> _objects;
    private readonly string _request;
    private byte[] _bytes;

    /// <summary>Copies what there is of the objects.</summary>
    /// <param name="bytes">From the first object to the end of the last.</param>
    /// <param name="objects">Where each of them is.</param>
    /// <param name="request">What they answer, for messages.</param>
    public ListedRun(ReadOnlySpan<byte> bytes, List<(int Start, int Length)> objects, string request)
    {
        _objects = objects;
        _request = request;
        _bytes = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(_bytes);
    }

    /// <summary>Whether its page begins with it.</summary>
    public bool BeginsPage { get; set; }

    public int Count => _objects.Count;

    /// <summary>One of the objects, which outlives the run.</summary>
    /// <exception cref="ApiAnswerInvalidException">It is no JSON.</exception>
    public JsonElement Parse(int index)
    {
        var (start, length) = _objects[index];
        try
        {
            using var document = JsonDocument.Parse(_bytes.AsMemory(start, length));
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new ApiAnswerInvalidException($"{_request}: an object of the list is not valid JSON (byte {e.BytePositionInLine} of line {e.LineNumber} of it).");
        }
    }

    public void Dispose()
    {
        var bytes = _bytes;
        _bytes = [];
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
