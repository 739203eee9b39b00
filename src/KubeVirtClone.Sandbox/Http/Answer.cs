using System.IO.Compression;
using System.Text;

namespace KubeVirtClone.Sandbox.Http;

/// <summary>Writes answers, honest ones and those that a fault spoils.</summary>
internal static class Answer
{
    /// <summary>Bodies above this many bytes are compressed for clients that take gzip, as an API server does.</summary>
    private const int CompressFrom = 128 * 1024;

    private static readonly TimeSpan BeforeReset = TimeSpan.FromMilliseconds(50);

    private static readonly byte[] NotFoundText = "404 page not found\n"u8.ToArray();

    public static Task Json(ApiCall call, int code, JsonNode body) => Bytes(call, code, JsonTree.Utf8(body), "application/json");

    public static Task Refusal(ApiCall call, ApiException refusal)
    {
        if (refusal.RetryAfterSeconds is { } seconds)
            call.Http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Json(call, refusal.Code, refusal.Status);
    }

    public static Task NoSuchPage(ApiCall call) => Bytes(call, 404, NotFoundText, "text/plain; charset=utf-8");

    public static Task Text(ApiCall call, int code, string text) =>
        Bytes(call, code, Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8");

    public static async Task Bytes(ApiCall call, int code, byte[] body, string? contentType)
    {
        if (call.Fault is { Kind: FaultKind.AnswerLost })
        {
            call.Http.Abort();
            return;
        }

        var response = call.Http.Response;
        response.StatusCode = code;
        if (code == 204)
            return; // over HTTP/2 the server resets a stream that gives such an answer a length or a body
        if (contentType is not null)
            response.ContentType = contentType;
        if (call.Fault is { Kind: FaultKind.CutLine })
        {
            response.ContentLength = body.Length;
            await response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), call.Aborted);
            await BreakOff(call);
            return;
        }

        if (body.Length > CompressFrom && TakesGzip(call))
        {
            response.Headers.ContentEncoding = "gzip";
            await using var gzip = new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true);
            await gzip.WriteAsync(body, call.Aborted);
            return;
        }

        response.ContentLength = body.Length;
        if (call.Http.Request.Method != "HEAD")
            await response.Body.WriteAsync(body, call.Aborted);
    }

    /// <summary>
    /// Breaks the connection behind what has been written. Sent in one go with the data the reset would overtake it: many clients then
    /// drop what came before.
    /// </summary>
    public static async Task BreakOff(ApiCall call)
    {
        await call.Http.Response.Body.FlushAsync(call.Aborted);
        await Task.Delay(BeforeReset, call.Aborted);
        call.Http.Abort();
    }

    /// <summary>A stream for a long answer, compressed when the client takes it and it is worth it.</summary>
    public static Stream Stream(ApiCall call, string contentType, long expectedLength)
    {
        var response = call.Http.Response;
        response.StatusCode = 200;
        response.ContentType = contentType;
        if (expectedLength <= CompressFrom || !TakesGzip(call))
            return new BufferedStream(new Borrowed(response.Body), 64 * 1024);
        response.Headers.ContentEncoding = "gzip";
        return new BufferedStream(new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true), 64 * 1024);
    }

    /// <summary>Puts warnings into the headers; must run before the body is written.</summary>
    public static void Warn(ApiCall call, IEnumerable<string> warnings)
    {
        foreach (var text in warnings.Distinct(StringComparer.Ordinal))
        {
            var quoted = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
            call.Http.Response.Headers.Append("Warning", $"299 - \"{quoted}\"");
        }
    }

    private static bool TakesGzip(ApiCall call) =>
        call.Http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);

    /// <summary>Lets a buffer be disposed without closing the response under it.</summary>
    private sealed class Borrowed(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => throw new NotSupportedException("only asynchronous writes");

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("only asynchronous writes");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            inner.WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
