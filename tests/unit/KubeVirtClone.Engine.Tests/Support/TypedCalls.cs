using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using KubeVirtClone.Kubernetes;

namespace KubeVirtClone.Engine.Tests.Support;

/// <summary>The official client's typed calls for a client without a connection: each becomes a method, a path and a body.</summary>
public sealed class TypedCalls(Func<HttpMethod, string, JsonNode?, CancellationToken, Task<HttpAnswer>> send)
    : k8s.Kubernetes(new KubernetesClientConfiguration { Host = "https://typed.test" })
{
    protected override async Task<HttpResponseMessage> SendRequestRaw(string requestContent, HttpRequestMessage httpRequest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(httpRequest);
        var body = string.IsNullOrEmpty(requestContent) ? null : JsonNode.Parse(requestContent);
        var answer = await send(httpRequest.Method, httpRequest.RequestUri!.PathAndQuery, body, cancellationToken);
        return new HttpResponseMessage((HttpStatusCode)answer.StatusCode) { Content = new StringContent(answer.Body), RequestMessage = httpRequest };
    }

    protected override async Task<HttpOperationResponse<T>> CreateResultAsync<T>(
        HttpRequestMessage httpRequest, HttpResponseMessage httpResponse, bool? watch, CancellationToken cancellationToken)
    {
        try
        {
            return await base.CreateResultAsync<T>(httpRequest, httpResponse, watch, cancellationToken);
        }
        catch (JsonException e)
        {
            throw new ApiAnswerInvalidException($"the answer is not a {typeof(T).Name}: {e.Message}");
        }
    }
}
