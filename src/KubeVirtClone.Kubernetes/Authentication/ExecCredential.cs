using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using KubeVirtClone.Kubernetes.Configuration;

namespace KubeVirtClone.Kubernetes.Authentication;

/// <summary>What is said to credential plugins and what they answer: <c>ExecCredential</c> of <c>client.authentication.k8s.io</c>.</summary>
internal static class ExecCredential
{
    public const string Group = "client.authentication.k8s.io";
    private const string Kind = "ExecCredential";

    /// <summary>The versions spoken.</summary>
    public static IReadOnlyList<string> Versions { get; } = [$"{Group}/v1", $"{Group}/v1beta1"];

    /// <summary>A plugin's name in messages.</summary>
    public static string Name(CredentialPlugin plugin) =>
        $"The credential plugin '{plugin.Command}'{(plugin.UserName is null ? "" : $" of user '{plugin.UserName}'")}";

    /// <summary>The value of <c>KUBERNETES_EXEC_INFO</c>.</summary>
    public static string Info(CredentialPlugin plugin, bool isInteractive)
    {
        var spec = new JsonObject();
        if (plugin.ClusterInfo is { } cluster)
            spec["cluster"] = JsonNode.Parse(cluster);
        spec["interactive"] = isInteractive;
        return new JsonObject { ["kind"] = Kind, ["apiVersion"] = plugin.ApiVersion, ["spec"] = spec }.ToJsonString();
    }

    /// <summary>The credentials in a plugin's output. No error says anything of the output but its kind and version.</summary>
    /// <exception cref="CredentialException">It is not what was asked for.</exception>
    public static (RequestCredential Credential, DateTimeOffset? Expires) Read(CredentialPlugin plugin, byte[] output)
    {
        CredentialException Invalid(string what) => new(CredentialProblem.PluginAnswerInvalid, $"{Name(plugin)} {what}.");
        if (Encoding.UTF8.GetString(output).TrimStart('\uFEFF') is var text && string.IsNullOrWhiteSpace(text))
            throw Invalid("printed nothing, and no ExecCredential");
        if (YamlJson.TryParse(text) is not JsonObject root)
            throw Invalid("printed something that is neither JSON nor YAML of an ExecCredential; its output is not shown, because it may hold a token");
        // As kubectl reads it: without a kind it is what was asked for.
        if (Text(root, "kind") is not ("" or Kind))
            throw Invalid("printed an object whose kind is not ExecCredential");
        var version = Text(root, "apiVersion");
        if (version != plugin.ApiVersion)
        {
            throw Invalid(IsVersion(version)
                ? $"answered in {version}, but the kubeconfig asks for {plugin.ApiVersion}"
                : $"answered in no version of {Group}, and the kubeconfig asks for {plugin.ApiVersion}");
        }

        if (root["status"] is not JsonObject status)
            throw Invalid("answered with an ExecCredential without status");
        var token = Text(status, "token");
        var certificate = Text(status, "clientCertificateData");
        var key = Text(status, "clientKeyData");
        if (token.Length == 0 && certificate.Length == 0 && key.Length == 0)
            throw Invalid("returned neither a token nor a client certificate");
        if (certificate.Length == 0 != (key.Length == 0))
            throw Invalid(key.Length == 0 ? "returned a client certificate without its key" : "returned a client key without its certificate");
        if (token.Any(char.IsControl))
            throw Invalid("returned a token with characters that no token can have");
        var expires = Expiry(status) ?? throw Invalid("returned an expirationTimestamp that is no time");
        var (client, chain) = certificate.Length == 0
            ? (null, null)
            : PemReader.Pair(
                Encoding.UTF8.GetBytes(certificate),
                Encoding.UTF8.GetBytes(key),
                what => Invalid($"returned clientCertificateData that {what}"),
                what => Invalid($"returned a clientKeyData that {what}"));
        var header = token.Length == 0 ? null : new AuthenticationHeaderValue("Bearer", token);
        return (new RequestCredential(header, client, chain), expires.Time);

        string Text(JsonObject item, string field) => item[field] switch
        {
            null => "",
            JsonValue value when value.TryGetValue<string>(out var found) => found,
            _ => throw Invalid($"answered with an ExecCredential whose {field} is not text"),
        };
    }

    private static bool IsVersion(string text) =>
        text.StartsWith(Group + "/", StringComparison.Ordinal) && text.Length < 60 && text[(Group.Length + 1)..].All(char.IsAsciiLetterOrDigit);

    private static ExpiryTime? Expiry(JsonObject status)
    {
        if (status["expirationTimestamp"] is not { } node)
            return new ExpiryTime(null);
        return node is JsonValue value && value.TryGetValue<string>(out var text)
            && text.Contains('T', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? new ExpiryTime(time)
            : null;
    }

    private sealed record ExpiryTime(DateTimeOffset? Time);
}
