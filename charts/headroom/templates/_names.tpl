{{/* The aliases of Chart.yaml: Helm tells a chart its dependencies' values, not their names. */}}
{{- define "headroom.services" -}}
gateway catalog inventory orders payments hello observer
{{- end }}

{{/* Names of all services as a regular expression of Prometheus. */}}
{{- define "headroom.names" -}}
{{- $found := list }}
{{- range $alias := include "headroom.services" . | splitList " " }}{{ $found = append $found (index $.Values $alias).name }}{{ end }}
{{- join "|" $found }}
{{- end }}

{{- define "headroom.labels" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "headroom.postgresSelector" -}}
app.kubernetes.io/name: headroom-postgres
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "headroom.databaseSecret" -}}
{{ .Values.global.databaseSecret | default "headroom-database" }}
{{- end }}

{{/*
Aliases of the services that have a database, separated by spaces: all of them, since the server prepares its volume only once
and a service that is not installed now may be later, by this release or by one of its own.
*/}}
{{- define "headroom.databases" -}}
{{- $found := list }}
{{- range $alias := include "headroom.services" . | splitList " " }}
{{- if dig "database" "enabled" false (index $.Values $alias) }}{{ $found = append $found $alias }}{{ end }}
{{- end }}
{{- join " " $found }}
{{- end }}

{{/* The gateway's image: the tests run in it, since nothing else is sure to be in the cluster. */}}
{{- define "headroom.testImage" -}}
{{ include "service.image" (dict "Values" (dict "image" .Values.gateway.image "global" .Values.global)) }}
{{- end }}

{{/* What the tests' pods share with the services' own. */}}
{{- define "headroom.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "headroom.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
