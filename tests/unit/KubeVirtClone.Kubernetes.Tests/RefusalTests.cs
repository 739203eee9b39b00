using System.Text.Json;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Tests.Support;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>What a server refuses, and what it warns of.</summary>
public sealed class RefusalTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(0, 404, "NotFound")]
    [InlineData(1, 409, "AlreadyExists")]
    [InlineData(2, 409, "Conflict")]
    [InlineData(3, 422, "Invalid")]
    [InlineData(5, 400, "BadRequest")]
    [InlineData(6, 415, "UnsupportedMediaType")]
    [InlineData(9, 404, "NotFound")]
    public async Task Recorded_refusals_are_understood(int number, int code, string reason)
    {
        var error = await RefusalAsync(Sample.Recorded("errors", number));

        (error.StatusCode, error.Reason).ShouldBe((code, reason));
        error.IsNotFound.ShouldBe(code == 404);
        error.IsAlreadyExists.ShouldBe(reason == "AlreadyExists");
        error.IsConflict.ShouldBe(reason == "Conflict");
        error.IsInvalid.ShouldBe(code == 422);
    }

    [Fact]
    public async Task Causes_and_details_are_there()
    {
        var error = await RefusalAsync(Sample.Recorded("errors", 3));

        (error.Kind, error.Group, error.Name).ShouldBe(("VirtualMachine", "kubevirt.io", "Bad_Name"));
        var cause = error.Causes.ShouldHaveSingleItem();
        (cause.Field, cause.Reason).ShouldBe(("metadata.name", "FieldValueInvalid"));
        cause.Message.ShouldStartWith("Invalid value");
        error.ApiMessage.ShouldStartWith("VirtualMachine.kubevirt.io \"Bad_Name\" is invalid");
        error.IsApiStatus.ShouldBeTrue();
    }

    [Fact]
    public async Task A_plain_text_answer_is_shown_with_the_request()
    {
        var error = await RefusalAsync(Sample.Recorded("errors", 9));

        error.Message.ShouldBe("POST /apis/example.io/v1/namespaces/ns/things: HTTP 404: 404 page not found");
        error.IsApiStatus.ShouldBeFalse();
    }

    [Theory]
    [InlineData(301, false)]
    [InlineData(302, false)]
    [InlineData(307, true)]
    [InlineData(308, true)]
    public async Task A_redirect_within_the_server_is_followed_by_writes_only_where_they_stay_writes(int code, bool isForWrites)
    {
        await using var server = await ScriptedServer.StartAsync((http, seen, _) => seen.Path.StartsWith("/moved", StringComparison.Ordinal)
            ? Json(Sample.Object("a"))(http, seen)
            : Text("", "text/plain", code, ("Location", "/moved" + seen.Path))(http, seen));
        await using var client = server.Client();

        (await client.GetAsync(Sample.Thing, "ns", "a", None)).Name.ShouldBe("a");
        server.Requests[^1].Path.ShouldStartWith("/moved/apis/");
        var create = client.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None);
        if (!isForWrites)
        {
            await Should.ThrowAsync<ApiStatusException>(create);
            return;
        }

        await create;
        (server.Requests[^1].Method, server.Requests[^1].Body.Length > 2).ShouldBe(("POST", true));
    }

    [Fact]
    public async Task A_redirect_in_a_circle_ends()
    {
        await using var server = await ScriptedServer.StartAsync((http, seen, _) => Text("", "text/plain", 307, ("Location", seen.Path))(http, seen));
        await using var client = server.Client();

        await Should.ThrowAsync<ApiStatusException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        server.Requests.Count.ShouldBe(11);
    }

    [Fact]
    public async Task A_redirect_to_another_server_is_refused_and_names_its_target()
    {
        await using var elsewhere = await ScriptedServer.StartAsync(Json(Sample.Object("a")));
        await using var server = await ScriptedServer.StartAsync(Text("", "text/plain", 302, ("Location", new Uri(elsewhere.Url, "/x?token=t").ToString())));
        await using var client = server.Client();

        var error = await Should.ThrowAsync<ApiStatusException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.Message.ShouldContain(elsewhere.Url.Authority);
        error.Message.ShouldNotContain("token=t");
        elsewhere.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_recorded_refusal_of_a_future_version_is_recognised_and_not_repeated()
    {
        var recorded = Sample.Recorded("paging-and-selectors", 9);
        await using var server = await ScriptedServer.StartAsync(Answer(recorded));
        await using var client = server.Client();

        var error = await Should.ThrowAsync<ApiStatusException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        error.IsResourceVersionTooLarge.ShouldBeTrue();
        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_audit_id_is_in_errors_and_traces()
    {
        var traces = new List<RequestTrace>();
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Status(403, "Forbidden", "no"), 403, ("Audit-Id", "a-1")));
        await using var client = server.Client(new KubernetesClientOptions { Trace = traces.Add });

        var error = await Should.ThrowAsync<ApiStatusException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));

        (error.AuditId, error.IsForbidden).ShouldBe(("a-1", true));
        var trace = traces.ShouldHaveSingleItem();
        (trace.Method, trace.PathAndQuery, trace.StatusCode, trace.AuditId, trace.Attempt)
            .ShouldBe(("GET", "/apis/example.io/v1/namespaces/ns/things/a", 403, "a-1", 1));
    }

    [Fact]
    public async Task Warnings_are_handed_on_once_each()
    {
        var warnings = new List<string>();
        var recorded = Sample.Recorded("errors", 16).GetProperty("headers").GetProperty("Warning").GetString()!;
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Object("a"), 200, ("Warning", recorded)));
        await using var client = server.Client(new KubernetesClientOptions { Warning = warnings.Add });

        await client.GetAsync(Sample.Thing, "ns", "a", None);
        await client.GetAsync(Sample.Thing, "ns", "a", None);

        warnings.ShouldBe(["unknown field \"foo\""]);
    }

    [Theory]
    [InlineData("299 - \"one\", 299 - \"two, with \\\\ and \\\"quotes\\\"\"", "one|two, with \\ and \"quotes\"")]
    [InlineData("299 kube \"text\" \"Tue, 15 Nov 1994 08:12:31 GMT\", 299 - \"next\"", "text|next")]
    [InlineData("199 - \"other code\"", "")]
    [InlineData("299 - \"never closed", "")]
    [InlineData("299 no quotes", "")]
    [InlineData("", "")]
    public async Task Warning_headers_are_read_as_their_rfc_says(string header, string texts)
    {
        var warnings = new List<string>();
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Object("a"), 200, ("Warning", header)));
        await using var client = server.Client(new KubernetesClientOptions { Warning = warnings.Add });

        await client.GetAsync(Sample.Thing, "ns", "a", None);

        string.Join('|', warnings).ShouldBe(texts);
    }

    [Fact]
    public async Task An_answer_that_is_not_json_is_refused()
    {
        await using var server = await ScriptedServer.StartAsync(Text("<html>", "text/html", 200));
        await using var client = server.Client();

        await Should.ThrowAsync<ApiAnswerInvalidException>(() => client.GetAsync(Sample.Thing, "ns", "a", None));
    }

    private static async Task<ApiStatusException> RefusalAsync(JsonElement recorded)
    {
        await using var server = await ScriptedServer.StartAsync(Answer(recorded));
        await using var client = server.Client();
        return await Should.ThrowAsync<ApiStatusException>(() => client.CreateAsync(Sample.Thing, "ns", Sample.Object("a"), null, None));
    }

    private static Func<Microsoft.AspNetCore.Http.HttpContext, SeenRequest, Task> Answer(JsonElement recorded)
    {
        var body = recorded.GetProperty("body");
        var status = recorded.GetProperty("status").GetInt32();
        return body.ValueKind == JsonValueKind.String
            ? Text(body.GetString()!, "text/plain", status)
            : Json(JsonNode.Parse(body.GetRawText())!, status);
    }
}
