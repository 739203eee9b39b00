using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace KubeVirtClone.Sandbox.Cdi;

/// <summary>
/// The tokens with which CDI lets a claim cross namespaces: the webhook signs a short-lived one for source, target namespace and target
/// name, the controller a long-lived one that adds an object's uid. Nobody but the sandbox holds the key.
/// </summary>
internal sealed class CloneTokens(TimeProvider clock)
{
    public const string Annotation = "cdi.kubevirt.io/storage.clone.token";
    public const string ExtendedAnnotation = "cdi.kubevirt.io/storage.extended.clone.token";
    private static readonly TimeSpan ShortLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongLife = TimeSpan.FromDays(3650);
    private static readonly string Header = Encode("""{"alg":"PS256"}""");

    // Made once: a key takes longer than a sandbox.
    private static readonly Lazy<RSA> Key = new(() => RSA.Create(2048));

    /// <summary>The token of the webhook: for that name, even when it is empty because it is yet to be generated.</summary>
    public string Issue(CloneSource source, string targetNamespace, string targetName) =>
        Sign("cdi-apiserver", ShortLife, source, new JsonObject { ["targetName"] = targetName, ["targetNamespace"] = targetNamespace });

    /// <summary>The token of the controller, from a valid one, for an object; null when the given one is not valid (any more).</summary>
    public string? Extend(string? token, string uid)
    {
        if (Read(token) is not { } payload || payload.ObjectAt("params") is not { } given)
            return null;
        var source = new CloneSource(payload.TextAt("resource", "resource") == "volumesnapshots", payload.TextAt("namespace") ?? "", payload.TextAt("name") ?? "");
        return Sign("cdi-deployment", LongLife, source, new JsonObject
        {
            ["targetName"] = given.TextAt("targetName"),
            ["targetNamespace"] = given.TextAt("targetNamespace"),
            ["uid"] = uid,
        });
    }

    /// <summary>Whether one of the claim's tokens lets it be filled from the source.</summary>
    public bool Allows(JsonObject claim, CloneSource source)
    {
        foreach (var annotation in (ReadOnlySpan<string>)[ExtendedAnnotation, Annotation])
        {
            if (Read(claim.Annotation(annotation)) is { } payload
                && payload.TextAt("name") == source.Name && payload.TextAt("namespace") == source.Namespace
                && payload.TextAt("params", "targetName") == claim.Name() && payload.TextAt("params", "targetNamespace") == claim.Namespace()
                && payload.TextAt("params", "uid") is var uid && (uid is null || uid == claim.Uid()))
            {
                return true;
            }
        }

        return false;
    }

    private string Sign(string issuer, TimeSpan life, CloneSource source, JsonObject parameters)
    {
        var now = clock.GetUtcNow();
        var payload = new JsonObject
        {
            ["exp"] = (now + life).ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["iss"] = issuer,
            ["name"] = source.Name,
            ["namespace"] = source.Namespace,
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["operation"] = "Clone",
            ["params"] = parameters,
            ["resource"] = source.IsSnapshot
                ? new JsonObject { ["group"] = "snapshot.storage.k8s.io", ["resource"] = "volumesnapshots", ["version"] = "v1" }
                : new JsonObject { ["group"] = "", ["resource"] = "persistentvolumeclaims", ["version"] = "v1" },
        };
        var text = Header + "." + Encode(payload.ToJsonString());
        var signature = Key.Value.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pss);
        return text + "." + Base64Url.EncodeToString(signature);
    }

    private JsonObject? Read(string? token)
    {
        if (token?.Split('.') is not [var header, var body, var signature])
            return null;
        try
        {
            var signed = Encoding.ASCII.GetBytes(header + "." + body);
            if (!Key.Value.VerifyData(signed, Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256, RSASignaturePadding.Pss))
                return null;
            var payload = (JsonObject?)JsonNode.Parse(Base64Url.DecodeFromChars(body));
            return payload?["exp"]?.GetValue<long>() > clock.GetUtcNow().ToUnixTimeSeconds() ? payload : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
