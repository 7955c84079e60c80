{{/* What the Deployment, its Service and its budget select. Immutable once installed. */}}
{{- define "service.selector" -}}
app.kubernetes.io/name: {{ .Values.name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of every object. The chart's version stays off the pods: a new chart alone must not restart them. */}}
{{- define "service.labels" -}}
{{ include "service.selector" . }}
app.kubernetes.io/version: {{ include "service.tag" . | splitList "@" | first | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: service-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "service.tag" -}}
{{ .Values.image.tag | default .Values.global.image.tag }}
{{- end }}

{{- define "service.image" -}}
{{ with .Values.global.image.registry }}{{ . | trimSuffix "/" }}/{{ end }}{{ .Values.image.repository }}:{{ include "service.tag" . }}
{{- end }}

{{/* The migration's pods carry a name of their own: the Deployment's selector and the autoscaler must not see them. */}}
{{- define "service.migrationName" -}}
{{ .Values.name }}-migrate
{{- end }}

{{- define "service.testName" -}}
{{ .Values.name }}-test
{{- end }}

{{- define "service.databaseHost" -}}
{{ .Values.global.externalDatabase.host | default .Values.database.host }}
{{- end }}

{{- define "service.databasePort" -}}
{{ ternary .Values.global.externalDatabase.port .Values.database.port (ne .Values.global.externalDatabase.host "") }}
{{- end }}

{{- define "service.databaseCidr" -}}
{{ ternary .Values.global.externalDatabase.cidr .Values.database.cidr (ne .Values.global.externalDatabase.host "") }}
{{- end }}

{{- define "service.databaseSecret" -}}
{{ .Values.global.databaseSecret | default .Values.database.secret }}
{{- end }}

{{/* The least number of pods, whoever decides it. */}}
{{- define "service.replicasMin" -}}
{{ ternary .Values.autoscaling.minReplicas .Values.replicas .Values.autoscaling.enabled }}
{{- end }}
