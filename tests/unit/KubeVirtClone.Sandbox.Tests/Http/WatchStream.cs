using System.Text.Json.Nodes;

namespace KubeVirtClone.Sandbox.Tests.Http;

/// <summary>The client's end of a watch.</summary>
internal sealed class WatchStream : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private WatchStream(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _reader = new StreamReader(body);
    }

    public static async Task<WatchStream> Open(HttpClient client, string path, string accept = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        ((int)response.StatusCode).ShouldBe(200);
        return new WatchStream(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The next line as it came; null at the end.</summary>
    public async Task<string?> NextText()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        return await _reader.ReadLineAsync(limit.Token);
    }

    public async Task<JsonObject> Next() => (JsonObject)JsonNode.Parse((await NextText())!)!;

    public async Task<List<JsonObject>> ReadToEnd() => await ReadUntil(_ => false);

    public async Task<List<JsonObject>> ReadUntil(Func<JsonObject, bool> last)
    {
        var lines = new List<JsonObject>();
        while (await NextText() is { } text)
        {
            lines.Add((JsonObject)JsonNode.Parse(text)!);
            if (last(lines[^1]))
                break;
        }

        return lines;
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _response.Dispose();
        return ValueTask.CompletedTask;
    }
}
