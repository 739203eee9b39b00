using System.Diagnostics;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using KubeVirtClone.Kubernetes.Tests.Support;
using Microsoft.AspNetCore.Http;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>The official client's typed calls go over the same connection, with the same repeats, errors and escapes as the verbs.</summary>
public sealed class TypedCallTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private static JsonObject Secret => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = "s", ["namespace"] = "ns" },
        ["data"] = new JsonObject { ["key"] = "dmFsdWU=" },
    };

    private static KubernetesClientOptions Patient => new() { TimeProvider = new VirtualClock { SkipWaitsUnder = TimeSpan.FromSeconds(30) }, RequestTimeout = TimeSpan.FromHours(1), ConnectTimeout = TimeSpan.FromHours(1) };

    [Fact]
    public async Task A_typed_call_reads_a_model()
    {
        await using var server = await ScriptedServer.StartAsync(Json(Secret));
        await using var client = KubernetesClientFactory.Create(new() { Server = new Uri(server.Url, "/k8s/clusters/c-1/") });

        var secret = await client.Core.CoreV1.ReadNamespacedSecretAsync("s", "ns", cancellationToken: None);

        secret.Data["key"].ShouldBe("value"u8.ToArray());
        var request = server.Requests.ShouldHaveSingleItem();
        request.Path.ShouldBe("/k8s/clusters/c-1/api/v1/namespaces/ns/secrets/s");
        request.Headers["User-Agent"].ShouldMatch(@"^KubeVirtClone/\d+\.\d+\.\d+$");
    }

    [Fact]
    public async Task A_typed_body_is_sent_with_its_options()
    {
        await using var server = await ScriptedServer.StartAsync(Json(Secret, 201));
        await using var client = server.Client();

        await client.Core.CoreV1.CreateNamespacedSecretAsync(
            new V1Secret { Metadata = new V1ObjectMeta { Name = "s" }, StringData = new Dictionary<string, string> { ["key"] = "ä" } }, "ns", dryRun: "All", fieldManager: "a&b", cancellationToken: None);

        var request = server.Requests.ShouldHaveSingleItem();
        (request.Method, request.Path, request.QueryValue("dryRun"), request.QueryValue("fieldManager")).ShouldBe(("POST", "/api/v1/namespaces/ns/secrets", "All", "a&b"));
        request.Headers["Content-Type"].ShouldBe("application/json");
        JsonNode.Parse(request.Body)!["stringData"]!["key"]!.GetValue<string>().ShouldBe("ä");
    }

    [Theory]
    [InlineData("x/../../../secrets/s", "x%2F..%2F..%2F..%2Fsecrets%2Fs")]
    [InlineData("a?watch=true#b", "a%3Fwatch%3Dtrue%23b")]
    [InlineData("a b%2e", "a%20b%252e")]
    public async Task Names_are_escaped_in_every_call(string name, string escaped)
    {
        var seen = new List<string>();
        await using var server = await ScriptedServer.StartAsync(async (http, request, _) =>
        {
            seen.Add(http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget);
            await Json(request.Path.Contains("/secrets", StringComparison.Ordinal) ? Secret : Sample.Object("a"))(http, request);
        });
        await using var client = server.Client();

        await client.Core.CoreV1.ReadNamespacedSecretAsync(name, "ns", cancellationToken: None);
        await client.Core.CoreV1.ReadNamespacedSecretAsync("s", name, cancellationToken: None);
        await client.Core.CustomObjects.GetNamespacedCustomObjectAsync<JsonObject>("example.io", "v1", name, "things", "a", None);
        await client.GetAsync(Sample.Thing, name, "a", None);
        await client.GetAsync(Sample.Thing, "ns", name, None);

        seen.ShouldBe([
            $"/api/v1/namespaces/ns/secrets/{escaped}",
            $"/api/v1/namespaces/{escaped}/secrets/s",
            $"/apis/example.io/v1/namespaces/{escaped}/things/a",
            $"/apis/example.io/v1/namespaces/{escaped}/things/a",
            $"/apis/example.io/v1/namespaces/ns/things/{escaped}",
        ]);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    public async Task A_name_that_would_leave_its_place_is_refused(string name)
    {
        await using var server = await ScriptedServer.StartAsync(Json(Secret));
        await using var client = server.Client();

        await Should.ThrowAsync<ArgumentException>(async () => await client.Core.CoreV1.ReadNamespacedSecretAsync(name, "ns", cancellationToken: None));
        await Should.ThrowAsync<ArgumentException>(() => client.GetAsync(Sample.Thing, name, "a", None));
        await Should.ThrowAsync<ArgumentException>(() => client.GetAsync(Sample.Thing, "ns", name, None));

        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refusal_of_a_typed_call_is_this_librarys_own()
    {
        await using var server = await ScriptedServer.StartAsync(Json(Sample.Status(403, "Forbidden", "secrets \"s\" is forbidden"), 403));
        await using var client = server.Client();

        var error = await Should.ThrowAsync<ApiStatusException>(() => client.Core.CoreV1.ReadNamespacedSecretAsync("s", "ns", cancellationToken: None));

        (error.IsForbidden, error.ApiMessage).ShouldBe((true, "secrets \"s\" is forbidden"));
    }

    [Fact]
    public async Task A_typed_read_is_repeated_and_a_typed_create_only_when_nothing_was_kept()
    {
        await using var server = await ScriptedServer.StartAsync(
            Text("", "text/plain", 500),
            Json(Secret),
            Text("", "text/plain", 429, ("Retry-After", "1")),
            Json(Secret, 201),
            Text("", "text/plain", 504));
        await using var client = server.Client(Patient);

        await client.Core.CoreV1.ReadNamespacedSecretAsync("s", "ns", cancellationToken: None);
        await client.Core.CoreV1.CreateNamespacedSecretAsync(new V1Secret(), "ns", cancellationToken: None);
        await Should.ThrowAsync<AnswerLostException>(() => client.Core.CoreV1.CreateNamespacedSecretAsync(new V1Secret(), "ns", cancellationToken: None));

        server.Requests.Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_review_keeps_nothing_and_is_repeated_as_a_read_is()
    {
        await using var server = await ScriptedServer.StartAsync(
            Text("", "text/plain", 500),
            Json(new JsonObject { ["kind"] = "SelfSubjectAccessReview", ["status"] = new JsonObject { ["allowed"] = true } }, 201));
        await using var client = server.Client(Patient);

        var review = await client.Core.AuthorizationV1.CreateSelfSubjectAccessReviewAsync(new V1SelfSubjectAccessReview(), cancellationToken: None);

        review.Status.Allowed.ShouldBeTrue();
        server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_answer_that_is_not_the_model_is_told_without_its_content()
    {
        await using var server = await ScriptedServer.StartAsync(Text("""{"kind":"Secret","data":{"key":"S3CR3T!"}}""", "application/json", 200));
        await using var client = server.Client();

        var error = await Should.ThrowAsync<ApiAnswerInvalidException>(() => client.Core.CoreV1.ReadNamespacedSecretAsync("s", "ns", cancellationToken: None));

        error.ToString().ShouldNotContain("S3CR3T");
        error.Message.ShouldContain("V1Secret");
    }

    [Fact]
    public async Task Watches_of_the_official_client_are_refused()
    {
        await using var server = await ScriptedServer.StartAsync(Json(Sample.List("1", null)));
        await using var client = server.Client();

        await Should.ThrowAsync<NotSupportedException>(() => client.Core.CoreV1.ListNamespacedSecretWithHttpMessagesAsync("ns", watch: true, cancellationToken: None));
    }

    /// <summary>Bodies that come after their headers are waited for without a thread each.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_hundred_posts_whose_bodies_come_late_take_under_a_second(bool isTyped)
    {
        const int Posts = 200;
        var begun = 0;
        var (allHaveBegun, bodies) = (new TaskCompletionSource(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var isLate = false;
        await using var server = await ScriptedServer.StartAsync(async (http, _, _) =>
        {
            http.Response.StatusCode = 201;
            http.Response.ContentType = "application/json";
            await http.Response.StartAsync();
            await http.Response.Body.FlushAsync();
            if (http.Request.Method == "POST" && isLate)
            {
                if (Interlocked.Increment(ref begun) == Posts)
                    allHaveBegun.SetResult();
                await bodies.Task;
            }

            await http.Response.WriteAsync(Secret.ToJsonString());
        });
        await using var client = server.Client();
        var secrets = new ResourceKind("", "v1", "secrets", "Secret");
        await PostAsync();
        var watch = Stopwatch.StartNew();
        await PostAsync();
        var prompt = watch.Elapsed;
        var threads = ThreadPool.ThreadCount;
        isLate = true;
        watch.Restart();

        var posts = PostAsync();
        // Threads that were blocked by bodies would let neither these nor the rest of the posts through, or there would be as many of them as posts.
        await allHaveBegun.Task.WaitAsync(TimeSpan.FromSeconds(60));
        for (var i = 0; i < 5; i++)
            await client.GetAsync(secrets, "ns", "s", None);
        var blocked = ThreadPool.ThreadCount - threads;
        bodies.SetResult();
        await posts;

        blocked.ShouldBeLessThan(Posts / 2);
        // A machine that is busy with other things is so for the posts before, too, if not in every moment alike. Blocked threads would be added to twice a second.
        var limit = prompt * 10 > TimeSpan.FromSeconds(10) ? prompt * 10 : TimeSpan.FromSeconds(10);
        watch.Elapsed.ShouldBeLessThan(limit);

        Task PostAsync() => Task.WhenAll(Enumerable.Range(0, Posts).Select(_ => isTyped
            ? client.Core.CoreV1.CreateNamespacedSecretAsync(new V1Secret(), "ns", cancellationToken: None)
            : (Task)client.CreateAsync(secrets, "ns", Secret, options: null, None)));
    }

    /// <summary>A parameter that this library has not seen yet might go into a path unescaped.</summary>
    [Fact]
    public void Every_text_parameter_of_the_generated_calls_is_known_as_path_or_query()
    {
        string[] path = ["name", "namespaceParameter", "path", "logpath", "group", "version", "plural", "resourcePlural"];
        string[] query =
        [
            "command", "container", "continueParameter", "dryRun", "fieldManager", "fieldSelector", "fieldValidation", "labelSelector", "path1", "pretty", "propagationPolicy",
            "resourceVersion", "resourceVersionMatch", "shardSelector", "stream",
        ];

        var seen = typeof(IKubernetes).GetProperties()
            .Where(property => property.PropertyType.IsInterface)
            .SelectMany(property => property.PropertyType.GetMethods())
            .SelectMany(method => method.GetParameters())
            .Where(parameter => parameter.ParameterType == typeof(string))
            .Select(parameter => parameter.Name!)
            .Distinct(StringComparer.Ordinal)
            .ToList();

        seen.Except([.. path, .. query], StringComparer.Ordinal).ShouldBeEmpty();
        seen.ShouldContain("namespaceParameter");
    }
}
