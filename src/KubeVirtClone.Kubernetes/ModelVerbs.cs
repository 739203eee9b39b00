using KubeVirtClone.Kubernetes.Serialization;

namespace KubeVirtClone.Kubernetes;

/// <summary>The verbs by the official client's models, with the errors of <see cref="IKubernetesClient"/>.</summary>
/// <remarks>
/// As <see cref="IKubernetesClient.Core"/> gives them, without the class that it generates at run time: that takes a short command some of its time, and a
/// program compiled ahead as a whole has nothing to generate it with.
/// </remarks>
public static class ModelVerbs
{
    /// <summary>Reads one object.</summary>
    /// <exception cref="ApiAnswerInvalidException">The answer is not such an object.</exception>
    public static async Task<T> GetAsync<T>(this IKubernetesClient client, ResourceKind kind, string ns, string name, CancellationToken ct)
        where T : k8s.IKubernetesObject
    {
        ArgumentNullException.ThrowIfNull(client);
        return (await client.GetAsync(kind, ns, name, ct)).As<T>();
    }

    /// <summary>Creates an object.</summary>
    /// <exception cref="AnswerLostException">As for <see cref="IKubernetesClient.CreateAsync"/>.</exception>
    public static Task CreateAsync<T>(this IKubernetesClient client, ResourceKind kind, string ns, T body, WriteOptions? options, CancellationToken ct)
        where T : k8s.IKubernetesObject
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.CreateAsync(kind, ns, Models.Write(body), options, ct);
    }

    /// <summary>Asks the server for a review, which it answers and does not keep.</summary>
    /// <returns>The answer as it came; <see cref="KubernetesObject.As"/> reads it.</returns>
    /// <exception cref="ApiAnswerInvalidException">The answer is no object.</exception>
    public static async Task<KubernetesObject> ReviewAsync<T>(this IKubernetesClient client, ResourceKind kind, T review, CancellationToken ct)
        where T : k8s.IKubernetesObject
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(kind);
        var path = kind.PathFor(@namespace: null);
        var answer = await client.SendAsync(HttpMethod.Post, path, Models.Write(review), "application/json", ct);
        return ObjectReader.Read(System.Text.Encoding.UTF8.GetBytes(answer.Body), $"POST {path}");
    }
}
