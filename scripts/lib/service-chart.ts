import { type Document, isMap, isSeq, Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml'
import { template } from './service-copy.ts'

/** Edits keep every comment and the layout of what they do not touch. */
function edited(text: string, edit: (root: YAMLMap, document: Document.Parsed) => void): string {
  const document = parseDocument(text)
  if (!isMap(document.contents)) throw new Error('not a YAML mapping')
  edit(document.contents, document)
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

/** charts/headroom/Chart.yaml with one more alias of charts/service. */
export function withAlias(text: string, name: string): string {
  return edited(text, (root, document) => {
    const dependencies = root.get('dependencies')
    if (!isSeq(dependencies)) throw new Error('Chart.yaml has no dependencies')
    const version = (dependencies.items[0] as YAMLMap).get('version')
    dependencies.add(document.createNode({ name: 'service', version, alias: name, condition: `${name}.enabled` }, { flow: true }))
  })
}

/** templates/_names.tpl with one more alias in its list. */
export function withName(text: string, name: string): string {
  const found = /(\{\{- define "headroom\.services" -\}\}\n)(.*)(\n)/.exec(text)
  if (found === null) throw new Error('_names.tpl has no list of services')
  return text.replace(found[0], `${found[1]}${found[2]} ${name}${found[3]}`)
}

/** values.yaml with a block for the service: the template's, without its callers, since nobody calls the new one yet. */
export function withBlock(text: string, name: string): string {
  return edited(text, (root, document) => {
    const block = blockLike(root, name)
    block.set('name', `headroom-${name}`)
    block.set('image', document.createNode({ repository: `headroom/${name}` }, { flow: true }))
    block.delete('peers')
    append(root, document.createNode(name), block, ` GET /${name}.`)
  })
}

/** A profile's values with a block for the service, turned off: the sum of a profile's CPU limits is full as it is. */
export function withProfileBlock(text: string, name: string): string {
  return edited(text, (root, document) => {
    const block = blockLike(root, name)
    block.items.unshift(new Pair(document.createNode('enabled'), document.createNode(false)))
    append(root, document.createNode(name), block)
  })
}

function append(root: YAMLMap, key: Scalar<string>, block: YAMLMap, comment?: string): void {
  key.spaceBefore = true
  key.commentBefore = comment
  root.items.push(new Pair(key, block))
}

function blockLike(root: YAMLMap, name: string): YAMLMap {
  const like = root.get(template)
  if (!isMap(like)) throw new Error(`there is no block for ${template} to copy for ${name}`)
  return like.clone() as YAMLMap
}
