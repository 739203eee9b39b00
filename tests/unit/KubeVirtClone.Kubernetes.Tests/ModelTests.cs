using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;
using KubeVirtClone.Kubernetes.Serialization;
using KubeVirtClone.Kubernetes.Tests.Support;
using static KubeVirtClone.Kubernetes.Tests.Support.ScriptedServer;

namespace KubeVirtClone.Kubernetes.Tests;

/// <summary>The official client's models, read and written by code of our own, mean what they mean to the official client.</summary>
public sealed class ModelTests
{
    private const string Metadata = """
        "metadata":{"name":"a","namespace":"ns","labels":{"k":"v"},"creationTimestamp":"2026-01-02T03:04:05Z","generation":7,
          "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","controller":true}],
          "managedFields":[{"manager":"m","operation":"Apply","time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:x":{}}}}]}
        """;

    /// <summary>One object of each kind, with whatever has a form of its own: times, quantities, bytes, numbers, maps.</summary>
    private static readonly Dictionary<Type, string> Samples = new()
    {
        [typeof(Corev1Event)] = """{"involvedObject":{"kind":"Pod","uid":"u"},"eventTime":"2026-01-02T03:04:05.123456Z","lastTimestamp":"2026-01-02T03:04:05Z","count":3,"series":{"count":2,"lastObservedTime":"2026-01-02T03:04:05.999999Z"}}""",
        [typeof(V1ConfigMap)] = """{"data":{"a":"ä\n"},"binaryData":{"b":"AAECAw=="},"immutable":true}""",
        [typeof(V1LimitRange)] = """{"spec":{"limits":[{"type":"Container","max":{"cpu":"1500m","memory":"1.5Gi"},"maxLimitRequestRatio":{"cpu":"2"}}]}}""",
        [typeof(V1PersistentVolumeClaim)] = """{"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"10Gi"}},"dataSourceRef":{"apiGroup":"g","kind":"k","name":"n","namespace":"o"},"selector":{"matchExpressions":[{"key":"k","operator":"In","values":["a"]}]}},"status":{"phase":"Bound","capacity":{"storage":"12Gi"},"conditions":[{"type":"Resizing","status":"True","lastProbeTime":"2026-01-02T03:04:05Z"}]}}""",
        [typeof(V1ResourceQuota)] = """{"spec":{"hard":{"requests.storage":"100Gi","count/virtualmachines.kubevirt.io":"5"},"scopeSelector":{"matchExpressions":[{"operator":"Exists","scopeName":"s"}]}},"status":{"used":{"requests.storage":"1500m"}}}""",
        [typeof(V1Secret)] = """{"type":"Opaque","data":{"key":"dmFsdWU="},"stringData":{"x":"y"},"immutable":false}""",
        [typeof(V1SelfSubjectAccessReview)] = """{"spec":{"resourceAttributes":{"verb":"create","namespace":"ns","labelSelector":{"requirements":[{"key":"k","operator":"Exists"}]}}},"status":{"allowed":false,"denied":true,"reason":"r"}}""",
        [typeof(V1SelfSubjectReview)] = """{"status":{"userInfo":{"username":"me","groups":["a"],"extra":{"e":["1"]}}}}""",
        [typeof(V1StorageClass)] = """{"provisioner":"p","volumeBindingMode":"WaitForFirstConsumer","allowVolumeExpansion":true,"parameters":{"a":"b"},"allowedTopologies":[{"matchLabelExpressions":[{"key":"k","values":["v"]}]}]}""",
    };

    public static TheoryData<Type> Used => [.. typeof(UsedModels).GetCustomAttributesData()
        .Where(each => each.AttributeType == typeof(JsonSerializableAttribute))
        .Select(each => (Type)each.ConstructorArguments[0].Value!)
        .Where(typeof(IKubernetesObject).IsAssignableFrom)];

    [Theory]
    [MemberData(nameof(Used))]
    public void A_model_is_read_and_written_as_the_official_client_does(Type model)
    {
        var text = $$"""{"apiVersion":"v1","kind":"K",{{Metadata}},{{Samples[model][1..^1]}}}""";
        JsonSerializerOptions official = null!;
        KubernetesJson.AddJsonOptions(options => official = options);

        var ours = JsonSerializer.Deserialize(text, UsedModels.Default.GetTypeInfo(model)!);
        var theirs = JsonSerializer.Deserialize(text, official.GetTypeInfo(model));

        var read = JsonNode.Parse(JsonSerializer.Serialize(theirs, official.GetTypeInfo(model)))!;
        JsonNode.DeepEquals(JsonNode.Parse(JsonSerializer.Serialize(ours, official.GetTypeInfo(model))), read).ShouldBeTrue();
        JsonNode.DeepEquals(JsonNode.Parse(JsonSerializer.Serialize(theirs, UsedModels.Default.GetTypeInfo(model)!)), read).ShouldBeTrue();
        // Nothing of the sample was passed over.
        Leaves(read).ShouldBe(Leaves(JsonNode.Parse(text)));
    }

    [Fact]
    public async Task The_verbs_take_and_give_models_and_escape_names()
    {
        await using var server = await ScriptedServer.StartAsync(Json(new JsonObject { ["kind"] = "Secret", ["data"] = new JsonObject { ["key"] = "dmFsdWU=" } }));
        await using var client = server.Client();
        var secrets = new ResourceKind("", "v1", "secrets", "Secret");

        var secret = await client.GetAsync<V1Secret>(secrets, "ns", "x/../../y", CancellationToken.None);
        await client.CreateAsync(secrets, "ns", secret, new WriteOptions { FieldManager = "m" }, CancellationToken.None);

        secret.Data["key"].ShouldBe("value"u8.ToArray());
        var requests = server.Requests.ToList();
        requests.Select(each => each.Method).ShouldBe(["GET", "POST"]);
        requests[0].Path.ShouldBe("/api/v1/namespaces/ns/secrets/x%2F..%2F..%2Fy");
        requests[1].QueryValue("fieldManager").ShouldBe("m");
        JsonNode.Parse(requests[1].Body)!["data"]!["key"]!.GetValue<string>().ShouldBe("dmFsdWU=");
    }

    [Fact]
    public async Task A_review_is_asked_again_as_a_read_is()
    {
        await using var server = await ScriptedServer.StartAsync(
            Text("", "text/plain", 500),
            Json(new JsonObject { ["kind"] = "SelfSubjectReview", ["status"] = new JsonObject { ["userInfo"] = new JsonObject { ["username"] = "me" } } }, 201));
        await using var client = server.Client(new() { TimeProvider = new VirtualClock { SkipWaitsUnder = TimeSpan.FromSeconds(30) }, RequestTimeout = TimeSpan.FromHours(1), ConnectTimeout = TimeSpan.FromHours(1) });

        var answer = await client.ReviewAsync(new("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", Namespaced: false), new V1SelfSubjectReview(), CancellationToken.None);

        answer.As<V1SelfSubjectReview>().Status.UserInfo.Username.ShouldBe("me");
        server.Requests.Count.ShouldBe(2);
    }

    private static int Leaves(JsonNode? node) => node switch
    {
        JsonObject map => map.Sum(field => Leaves(field.Value)),
        JsonArray list => list.Sum(Leaves),
        _ => 1,
    };
}
